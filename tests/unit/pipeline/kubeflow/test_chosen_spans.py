"""A run's spans are chosen once."""

from __future__ import annotations

import pytest

from components.example_gen.spans import Span
from components.example_gen.window import Choice
from pipeline.kubeflow.chosen_spans import choice_of_run
from pipeline.metadata.local_store import open_local

EARLY = Choice((Span(1, None, "/data/1/*"), Span(2, 5, "/data/2/5/*")), ("uses spans 1 and 2",))
LATE = Choice((Span(3, None, "/data/3/*"),), ())


@pytest.fixture
def store(tmp_path):
    with open_local(tmp_path / "metadata.db", write=True) as store:
        yield store


def test_what_arrives_later_changes_nothing(store):
    assert choice_of_run(store, "run", "taxi", lambda: EARLY) == EARLY
    assert choice_of_run(store, "run", "taxi", lambda: LATE) == EARLY
    assert choice_of_run(store, "next", "taxi", lambda: LATE) == LATE


def test_of_two_tasks_at_the_same_moment_one_decides_for_both(store):
    def slower():
        assert choice_of_run(store, "run", "taxi", lambda: EARLY) == EARLY
        return LATE

    assert choice_of_run(store, "run", "taxi", slower) == EARLY


def test_data_without_spans(store):
    assert choice_of_run(store, "run", "taxi", Choice) == Choice()
