"""What is put in order before a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from components.example_gen.spans import Span
from components.pusher.origin import Origin, Provenance
from pipeline.config.loading import load_config
from pipeline.local import housekeeping
from pipeline.local.housekeeping import fail_abandoned, put_in_order
from pipeline.metadata.local_store import open_local
from pipeline.places import Home
from pipeline.request import RunRequest
from pipeline.retention.cleaning import Plan
from pipeline.retention.lineage import pushes_among
from pipeline.runs import NodeRecord, RunOutcome, RunRecord

NONE = Plan([], [], [])
PENGUIN = Path(__file__).resolve().parents[4] / "examples" / "penguin"


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


@pytest.fixture
def begin(home):
    """Makes the folder of a run that is about to begin."""

    def begin(run_id, *settings):
        folder = home.run(run_id)
        folder.logs.mkdir(parents=True)
        config = load_config(PENGUIN, settings, environ={})
        RunRequest(config, PENGUIN, "data", home.models, None).save(folder.request)
        return folder

    return begin


def leave_running(home, folder, nodes=("Trainer",)):
    """Leaves a run as if all its processes had been killed at once."""
    record = RunRecord(folder.run_id, "penguin", "/x", "x", 1, outcome=RunOutcome.LOST)
    record.nodes = {node: NodeRecord() for node in nodes}
    record.save(folder)
    with open_local(home.metadata, write=True) as store:
        kind = store.put_context_type(mlmd.ContextType(name="pipeline_run"))
        context = mlmd.Context(type_id=kind, name=folder.run_id)
        trainer = store.put_execution_type(mlmd.ExecutionType(name="Trainer"))
        running = mlmd.Execution(type_id=trainer, last_known_state=mlmd.Execution.RUNNING)
        node_kind = store.put_context_type(mlmd.ContextType(name="node"))
        node = mlmd.Context(type_id=node_kind, name="penguin.Trainer")
        store.put_execution(running, [], [context, node], reuse_context_if_already_exist=True)


def states(home):
    with open_local(home.metadata, write=True) as store:
        executions = store.get_executions()
    return [mlmd.Execution.State.Name(execution.last_known_state) for execution in executions]


def test_a_new_home_is_given_its_tables(home, begin):
    put_in_order(home, begin("20261121-100000"))

    assert states(home) == []


def test_executions_of_a_run_that_was_killed_are_failed(home, begin):
    leave_running(home, begin("20261121-100000"))
    put_in_order(home, begin("20261121-100001"))

    assert states(home) == ["FAILED"]


def test_also_where_the_run_after_it_was_killed_before_it_could_do_so(home, begin):
    leave_running(home, begin("20261121-100000"))
    leave_running(home, begin("20261121-100001"), nodes=())
    begin("20261121-100002")  # not even a record
    put_in_order(home, begin("20261121-100003"))

    assert states(home) == ["FAILED", "FAILED"]


def test_at_the_end_a_run_fails_what_it_left_itself(home, begin):
    folder = begin("20261121-100000")
    leave_running(home, folder)
    fail_abandoned(home, folder, {"Trainer"})

    assert states(home) == ["FAILED"]


def test_what_another_task_of_the_run_does_is_left_alone(home, begin):
    folder = begin("20261121-100000")
    leave_running(home, folder)
    fail_abandoned(home, folder, {"Tuner"})

    assert states(home) == ["RUNNING"]


def test_the_spans_that_the_run_and_the_next_one_use_are_kept(home, begin, tmp_path, monkeypatch):
    for span in (1, 2, 3):
        (tmp_path / "data" / str(span)).mkdir(parents=True)
        (tmp_path / "data" / str(span) / "a.gz").touch()
    seen = []
    monkeypatch.setattr(housekeeping, "plan", lambda *arguments: seen.append(arguments[-1]) or NONE)
    folder = begin("20261121-100000", f"data.path={tmp_path}/data/{{SPAN}}/*.gz", "data.window=1")
    request = RunRequest.load(folder.request)
    replace(request, spans=(Span(1, None, "x"),)).save(folder.request)

    put_in_order(home, folder)

    assert seen == [{1, 3}]


def test_as_many_runs_are_kept_as_configured(home, begin):
    for number in range(3):
        folder = begin(f"20261121-10000{number}")
        RunRecord(folder.run_id, "penguin", "/x", "x", 1, outcome=RunOutcome.SUCCEEDED).save(folder)
    put_in_order(home, begin("20261121-100009", "pipeline.keep_runs=2"))

    assert sorted(path.parent.name for path in home.runs.glob("*/logs")) == [
        "20261121-100001",
        "20261121-100002",
        "20261121-100009",
    ]


def test_what_stands_in_the_store_is_known_before_anything_is_removed(home, begin, monkeypatch):
    """As after a killed Pusher, or where the file of ML Metadata was lost."""
    version = home.models / "penguin" / "1700000000"
    version.mkdir(parents=True)
    origin = Origin(1700000000, "x", "f", Provenance("penguin", "r", "/model", 7))
    version.with_name("1700000000.json").write_text(origin.to_json())
    known = []

    def plan(store, *_):
        known.extend(pushes_among(store.get_artifacts()))
        return NONE

    monkeypatch.setattr(housekeeping, "plan", plan)
    put_in_order(home, begin("20261121-100000"))

    assert [(push.version, push.stands) for push in known] == [(1700000000, True)]
