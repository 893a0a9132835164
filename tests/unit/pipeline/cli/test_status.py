"""`tidemill status`."""

from __future__ import annotations

import json

import pytest

from components.pusher.origin import Provenance
from components.pusher.publish import publish
from components.pusher.rollback import roll_back
from pipeline.cli.main import main
from pipeline.places import Home
from pipeline.runs import NodeRecord, NodeState, RunOutcome, RunRecord


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    for run_id in ("20261121-090507", "20261121-090507-2"):
        folder = home.run(run_id)
        folder.root.mkdir(parents=True)
        RunRecord(
            run_id,
            "taxi",
            "/taxi",
            "2026-11-21T09:05:07+00:00",
            1,
            outcome=RunOutcome.STOPPED,
            nodes={"ExampleValidator": NodeRecord(NodeState.STOPPED)},
        ).save(folder)
    return home


def test_a_run_is_a_line_in_a_pipe(home, capsys):
    assert main(["status", "--home", str(home.root)]) == 0
    heading, *lines = capsys.readouterr().out.splitlines()

    assert heading.split() == [
        "run", "started", "(UTC)", "pipeline", "nodes", "cached", "outcome", "pushed"
    ]  # fmt: skip
    assert [" ".join(line.split()) for line in lines] == [
        f"{run_id} 2026-11-21 09:05:07 taxi 1 0 stopped by ExampleValidator"
        for run_id in ("20261121-090507", "20261121-090507-2")
    ]


def test_a_rollback_is_told_as_long_as_it_holds(home, tmp_path, capsys):
    def push(name):
        source = tmp_path / name
        source.mkdir()
        (source / "saved_model.pb").write_text(name)
        its = Provenance("taxi", "r", str(source), 1)
        publish(source, home.models / "taxi", its, clock=lambda: 100)

    def told():
        assert main(["status", "--home", str(home.root)]) == 0
        return [line for line in capsys.readouterr().out.splitlines() if "taxi:" in line]

    push("a")
    push("b")
    assert told() == []
    roll_back(home.models / "taxi", clock=lambda: 100)
    assert told() == [
        (
            "taxi: rolled back from version 101 to 100, which is version 102 now "
            "(1970-01-01T00:01:40+00:00)"
        )
    ]
    push("c")
    assert told() == []


def test_json_is_a_run_a_line(home, capsys):
    assert main(["status", "--json", "--home", str(home.root)]) == 0
    first, second = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert (first["run_id"], second["run_id"]) == ("20261121-090507", "20261121-090507-2")
    assert first["outcome"] == "stopped by a gate"


def test_no_runs(tmp_path, capsys):
    assert main(["status", "--home", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"no runs in {tmp_path}; start one with `tidemill run`\n"


def test_the_newest_runs(home, capsys):
    assert main(["status", "--json", "--last", "1", "--home", str(home.root)]) == 0
    (only,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert only["run_id"] == "20261121-090507-2"


@pytest.mark.parametrize(
    "option", [("--endpoint", "http://x"), ("--namespace", "team"), ("--port-forward",)]
)
def test_where_kubeflow_is_without_kubeflow(home, capsys, option):
    assert main(["status", "--home", str(home.root), *option]) == 2
    assert f"{option[0]} goes with --kubeflow" in capsys.readouterr().err
