"""`tidemill logs`."""

from __future__ import annotations

import pytest

from pipeline.cli.main import main
from pipeline.places import Home
from pipeline.runs import RunOutcome, RunRecord


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    for run_id in ("20261121-090507", "20261121-090508"):
        folder = home.run(run_id)
        folder.logs.mkdir(parents=True)
        RunRecord(run_id, "taxi", "/x", "x", 1, outcome=RunOutcome.SUCCEEDED).save(folder)
        for node in ("Trainer", "Transform"):
            folder.log(node).write_bytes(f"{node} of {run_id} \xff\n".encode("latin-1"))
    return home


@pytest.fixture
def logs(home):
    return lambda *arguments: main(["logs", *arguments, "--home", str(home.root)])


@pytest.mark.parametrize(
    ("arguments", "run_id"),
    [((), "20261121-090508"), (("--run", "20261121-090507"), "20261121-090507")],
)
def test_the_log_as_it_is(logs, capfdbinary, arguments, run_id):
    assert logs("Trainer", *arguments) == 0
    assert capfdbinary.readouterr().out == f"Trainer of {run_id} ".encode() + b"\xff\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Trainr",), "run 20261121-090508 has no log of Trainr; did you mean Trainer?"),
        (("zzz",), "run 20261121-090508 has no log of zzz; there are: Trainer, Transform"),
        (("Trainer", "--run", "20261121-000000"), "no run 20261121-000000 in"),
        (("Trainer", "--run", ".."), "no run .. in"),
        (("Trainer", "--endpoint", "http://x"), "--endpoint goes with a run on Kubeflow"),
        (("20261121-090507", "Trainer", "--namespace", "x"), "--namespace goes with a run on"),
    ],
)
def test_what_is_not_there(logs, capsys, arguments, message):
    assert logs(*arguments) == 2
    assert message in capsys.readouterr().err


def test_no_runs(tmp_path, capsys):
    assert main(["logs", "Trainer", "--home", str(tmp_path)]) == 2
    assert "start one with `tidemill run`" in capsys.readouterr().err


def test_a_path_is_no_node(logs, home, capsys):
    (home.root / "secret.log").write_text("secret")

    assert logs("../../../secret") == 2
    assert "secret\n" not in capsys.readouterr().out
