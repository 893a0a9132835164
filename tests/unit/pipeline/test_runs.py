"""Run records: what is written is read, and a killed run is told as lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timezone

import pytest

from pipeline.places import Home
from pipeline.runs import (
    NodeRecord,
    NodeState,
    RunOutcome,
    RunRecord,
    UnreadableRecordError,
    list_runs,
    new_run,
    readable_records,
    settle,
)

MOMENT = datetime(2026, 11, 21, 9, 5, 7, tzinfo=timezone.utc)


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


def a_record(run_id="20261121-090507", **fields):
    return RunRecord(
        run_id,
        "taxi",
        "/taxi",
        started="2026-11-21T09:05:07+00:00",
        **{"pid": os.getpid()} | fields,
    )


def saved(home, run_id, **fields):
    folder = home.run(run_id)
    folder.root.mkdir(parents=True)
    a_record(run_id, **fields).save(folder)
    return folder


def gone_pid():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_record_comes_back_as_it_was(home):
    nodes = {
        "B": NodeRecord(NodeState.STOPPED, 1.5, 100, "why", {"passed": False}, 7, 900, 2.5),
        "A": NodeRecord(),
    }
    record = a_record(
        nodes=nodes,
        outcome=RunOutcome.STOPPED,
        ended="x",
        pushed_version="3",
        notes=("span 1 is used",),
    )
    folder = new_run(home, MOMENT)
    record.save(folder)
    loaded = RunRecord.load(folder)

    assert loaded == record
    assert list(loaded.nodes) == ["B", "A"]
    assert loaded.nodes["B"].state is NodeState.STOPPED
    assert [path.name for path in folder.root.iterdir() if path.is_file()] == ["run.json"]


def test_a_run_goes_on_while_its_process_does(home):
    assert RunRecord.load(saved(home, "20261121-090507")).outcome is RunOutcome.RUNNING


def test_a_run_whose_process_is_gone_is_lost(home):
    folder = saved(home, "20261121-090507", pid=gone_pid())

    assert RunRecord.load(folder).outcome is RunOutcome.LOST


def test_a_run_that_ended_is_not_lost(home):
    folder = saved(home, "20261121-090507", pid=gone_pid(), outcome=RunOutcome.SUCCEEDED)

    assert RunRecord.load(folder).outcome is RunOutcome.SUCCEEDED


def test_a_run_whose_process_id_was_given_out_again_is_lost(home):
    folder = saved(home, "20261121-090507", process_birth="the boot before/123")

    assert RunRecord.load(folder).outcome is RunOutcome.LOST


def test_a_run_that_was_killed_is_settled_by_the_next(home):
    nodes = {
        "A": NodeRecord(NodeState.DONE),
        "B": NodeRecord(NodeState.RUNNING),
        "C": NodeRecord(NodeState.WAITING),
    }
    folder = saved(home, "20261121-090507", pid=gone_pid(), nodes=nodes)
    settle(folder)
    written = json.loads(folder.record.read_text())

    assert written["outcome"] == "lost"
    assert [its["state"] for its in written["nodes"].values()] == ["done", "failed", "not run"]
    assert written["nodes"]["B"]["cause"] == "killed together with the run"


def test_a_run_that_ended_is_left_as_it_is(home):
    folder = saved(home, "20261121-090507", outcome=RunOutcome.CANCELLED)
    before = folder.record.read_bytes()
    settle(folder)

    assert folder.record.read_bytes() == before


def test_a_run_without_a_record_that_can_be_read_needs_no_settling(home):
    settle(home.run("20261121-090507"))
    folder = saved(home, "20261121-090508")
    folder.record.write_text("")
    settle(folder)

    assert list(readable_records([home.run("20261121-090507"), folder])) == []


def test_runs_of_the_same_second_are_numbered(home):
    folders = [new_run(home, MOMENT) for _ in range(3)]

    assert [folder.run_id for folder in folders] == [
        "20261121-090507",
        "20261121-090507-2",
        "20261121-090507-3",
    ]
    assert all(folder.logs.is_dir() for folder in folders)


def test_runs_are_listed_oldest_first_and_numbers_count_as_numbers(home):
    ids = ["20261121-090507", *(f"20261121-090507-{n}" for n in (2, 9, 10)), "20261121-090508"]
    for run_id in reversed(ids):
        saved(home, run_id)

    assert [record.run_id for record in list_runs(home)] == ids


def test_what_is_no_run_or_has_no_record_yet_is_not_listed(home):
    new_run(home, MOMENT)
    (home.runs / "notes").mkdir()

    assert list_runs(home) == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"outcome": "sideways", "nodes": {}}'])
def test_a_broken_record_is_named_with_what_to_do(home, text):
    folder = saved(home, "20261121-090507")
    folder.record.write_text(text)

    with pytest.raises(UnreadableRecordError, match="remove the folder") as caught:
        list_runs(home)
    assert str(folder.record) in str(caught.value)


def test_a_home_without_runs(home):
    assert list_runs(home) == []


@pytest.mark.parametrize(
    ("record", "rate"),
    [
        (NodeRecord(NodeState.DONE, seconds=2.0, rows=100), 50.0),
        (NodeRecord(NodeState.CACHED, seconds=2.0, rows=100), None),
        (NodeRecord(NodeState.DONE, seconds=0.0, rows=100), None),
        (NodeRecord(NodeState.DONE, seconds=2.0), None),
    ],
)
def test_rows_per_second_of_what_was_executed(record, rate):
    assert record.rows_per_second == rate
