"""`tidemill run`: what it exits with, and which display it takes."""

from __future__ import annotations

import os
import signal

import pytest

from pipeline.cli.main import main
from pipeline.errors import TidemillError
from pipeline.local import run as local_run
from pipeline.runs import NodeRecord, NodeState, RunOutcome, RunRecord

FUNCTIONS = {"preprocessing.py": "preprocessing_fn", "model.py": "run_fn"}


@pytest.fixture
def use_case(folder):
    """A folder that `tidemill run` accepts."""
    for file, function in FUNCTIONS.items():
        (folder / file).write_text(f"def {function}(_): ...\n", encoding="utf-8")
    return folder.rename("trips")


@pytest.fixture
def ends_as(monkeypatch):
    """Stands in for the local runner; the run that it reports ends as told."""

    def replace(outcome, act=lambda: None):
        def run_locally(_use_case, config, home, observer, _newest_span):
            act()
            nodes = {"A": NodeRecord(NodeState.DONE, 1.0)}
            record = RunRecord(
                "20261121-090507", config.name, "/x", "x", 1, outcome=outcome, nodes=nodes
            )
            observer(record, home.run(record.run_id))
            return record

        monkeypatch.setattr(local_run, "run_locally", run_locally)

    return replace


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (RunOutcome.SUCCEEDED, 0),
        (RunOutcome.FAILED, 1),
        (RunOutcome.STOPPED, 3),
        (RunOutcome.CANCELLED, 130),
    ],
)
def test_the_exit_status_says_how_the_run_ended(use_case, ends_as, capsys, outcome, status):
    ends_as(outcome)

    assert main(["run", str(use_case), "--quiet"]) == status
    assert capsys.readouterr().out == f"run 20261121-090507 {outcome.value}; 1 executed, 0 cached\n"


def test_lines_where_there_is_no_terminal(use_case, ends_as, capsys):
    ends_as(RunOutcome.SUCCEEDED)

    assert main(["run", str(use_case)]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "A                  done         1.00 s"


def test_json(use_case, ends_as, capsys):
    ends_as(RunOutcome.SUCCEEDED)

    assert main(["run", str(use_case), "--json"]) == 0
    assert capsys.readouterr().out.startswith('{"event": "node", "node": "A"')


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_reader_that_goes_away_cancels_the_run(use_case, monkeypatch, options):
    """As `tidemill run | head -1`: nothing more is shown, and nothing is complained about."""
    seen = []

    def run_locally(_use_case, config, home, observer, _newest_span):
        record = RunRecord("20261121-090507", config.name, "/x", "x", 1)
        for name in "AB":
            record.nodes[name] = NodeRecord(NodeState.DONE, 1.0)
            try:
                observer(record, home.run(record.run_id))
                seen.append("shown")
            except KeyboardInterrupt:
                seen.append("cancelled")
                record.outcome = RunOutcome.CANCELLED
        return record

    monkeypatch.setattr(local_run, "run_locally", run_locally)
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as nobody_reads:
        monkeypatch.setattr("sys.stdout", nobody_reads)
        assert main(["run", str(use_case), *options]) == 141
    assert seen == ["cancelled", "shown"]


def test_quiet_and_json_exclude_each_other(use_case, ends_as, capsys):
    ends_as(RunOutcome.SUCCEEDED)

    assert main(["run", str(use_case), "--quiet", "--json"]) == 2
    assert "--quiet and --json exclude each other" in capsys.readouterr().err


def test_a_dry_run_runs_nothing(use_case, ends_as, capsys):
    ends_as(RunOutcome.FAILED)

    assert main(["run", str(use_case), "--dry-run"]) == 0
    assert "ExampleGen" in capsys.readouterr().out


def test_an_error_of_the_runner_is_one_line(use_case, ends_as, capsys):
    def lose():
        raise TidemillError("the process ended; see its log")

    ends_as(RunOutcome.FAILED, lose)

    assert main(["run", str(use_case)]) == 1
    assert capsys.readouterr().err == "tidemill: the process ended; see its log\n"


def test_sigterm_is_ctrl_c_while_the_run_goes_on(use_case, ends_as):
    before = signal.getsignal(signal.SIGTERM)
    ends_as(RunOutcome.SUCCEEDED, lambda: os.kill(os.getpid(), signal.SIGTERM))

    assert main(["run", str(use_case)]) == 130
    assert signal.getsignal(signal.SIGTERM) is before
