"""A search is reused for the same data and search space, whatever else has changed."""

from __future__ import annotations

import json

import pytest

from components.history import PastExecution
from components.tuner.reuse import search_to_reuse

DATA = {"examples": (1,), "transform_graph": (2,)}
OTHER_DATA = {"examples": (5,), "transform_graph": (2,)}


def parameters(digest="a", *, reuse=True, epochs=5, code="x"):
    config = {"training": {"epochs": epochs}, "search_digest": digest, "reuse_search": reuse}
    return {"custom_config": json.dumps(config), "code_fingerprint": code}


def search(its_id, inputs=DATA, **settings):
    return PastExecution(
        its_id, parameters(**settings), inputs, {"best_hyperparameters": (its_id,)}
    )


def reused(past, *, inputs=DATA, gone=(), **settings):
    found = search_to_reuse(
        past, parameters(**settings), inputs, lambda its: its.execution_id not in gone
    )
    return found and found.execution_id


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ({}, 9),
        ({"epochs": 50}, 9),  # a setting of the training
        ({"code": "y"}, 9),  # other code, other packages
        ({"digest": "b"}, None),
        ({"inputs": OTHER_DATA}, None),
        ({"reuse": False}, None),
        ({"gone": {9}}, None),
    ],
)
def test_when_a_search_answers_a_run(run, expected):
    assert reused([search(9)], **run) == expected


def test_the_newest_that_is_there_is_reused():
    past = [search(30, OTHER_DATA), search(20), search(10)]
    assert reused(past) == 20
    assert reused(past, gone={20}) == 10


def test_a_search_that_was_made_without_reuse_can_be_reused():
    assert reused([search(9, reuse=False)]) == 9


def test_a_tuner_that_knows_no_digest_is_never_reused():
    assert search_to_reuse([PastExecution(1)], {}, {}, lambda _: True) is None
