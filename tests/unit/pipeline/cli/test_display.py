"""What is seen of a run: lines, tables and JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from rich.markup import escape

from pipeline.cli.display import (
    JsonDisplay,
    LiveDisplay,
    PlainDisplay,
    QuietDisplay,
    make_console,
    plain_line,
)
from pipeline.places import Home
from pipeline.runs import NodeRecord, NodeState, RunOutcome, RunRecord

FOLDER = Home(Path("/home/[/red]")).run("20261121-090507")
VERDICT = {
    "passed": False,
    "headline": "1 anomaly in [bold]company",
    "columns": ["feature", "example values"],
    "rows": [["company", "[/x] Taxi"]],
    "advice": "mend [the data]",
}


@pytest.fixture
def text():
    return io.StringIO()


@pytest.fixture
def console(text):
    return Console(file=text, width=120, highlight=False, soft_wrap=True)


def a_record(outcome=RunOutcome.SUCCEEDED, **nodes):
    return RunRecord(
        FOLDER.run_id, "taxi", "/taxi", started="x", pid=1, outcome=outcome, nodes=nodes
    )


def a_stopped_run():
    return a_record(
        RunOutcome.STOPPED,
        ExampleGen=NodeRecord(NodeState.DONE, 2.0, 10_000),
        ExampleValidator=NodeRecord(
            NodeState.STOPPED, 0.5, cause="1 [/b] anomaly", verdict=VERDICT
        ),
        Trainer=NodeRecord(NodeState.NOT_RUN),
    )


def test_names_are_printed_as_they_are(capsys):
    console = make_console()
    console.print("a:key:b [0]", markup=False)
    console.print(escape("a:key:b [0]"))

    assert capsys.readouterr().out == "a:key:b [0]\n" * 2


def test_a_node_in_a_line():
    assert plain_line("ExampleGen", NodeRecord(NodeState.DONE, 2.0, 10_000)) == (
        "ExampleGen         done         2.00 s     5,000 rows/s"
    )
    assert plain_line("Pusher", NodeRecord(NodeState.FAILED, 1.0, cause="no")) == (
        "Pusher             failed       1.00 s no"
    )


def test_plain_lines_come_as_nodes_end_and_once(console, text):
    display = PlainDisplay(console)
    node = NodeRecord(NodeState.RUNNING)
    record = a_record(RunOutcome.RUNNING, A=node, B=NodeRecord())
    display.show(record, FOLDER)
    assert text.getvalue() == f"taxi: run 20261121-090507 in {FOLDER.root}\n"
    node.state, node.seconds = NodeState.CACHED, 0.25
    display.show(record, FOLDER)
    display.show(record, FOLDER)

    assert text.getvalue().splitlines()[1:] == ["A                  cached       0.25 s"]


def test_what_is_to_know_of_the_data_comes_first(console, text):
    record = a_record(RunOutcome.RUNNING, **{"ExampleValidator.span-20089": NodeRecord()})
    record.notes = ("span 1 is used", "span [2] is passed over")
    record.nodes["A"] = NodeRecord(NodeState.CACHED, 0.25)
    PlainDisplay(console).show(record, FOLDER)

    assert text.getvalue().splitlines()[1:] == [
        "span 1 is used",
        "span [2] is passed over",
        "A                           cached       0.25 s",
    ]


@pytest.mark.parametrize("kind", [PlainDisplay, QuietDisplay, LiveDisplay])
def test_a_run_that_a_gate_stopped_ends_with_the_gates_table(console, text, kind):
    display = kind(console)
    with display:
        display.show(a_stopped_run(), FOLDER)
        display.finish()
    lines = text.getvalue().splitlines()

    assert any("ExampleValidator: 1 anomaly in [bold]company" in line for line in lines)
    assert any(line.split() == ["company", "[/x]", "Taxi"] for line in lines)
    assert any("mend [the data]" in line for line in lines)
    assert lines[-3:] == [
        "ExampleValidator stopped: 1 [/b] anomaly",
        f"  log: {FOLDER.log('ExampleValidator')}",
        "run 20261121-090507 stopped by a gate; 1 executed, 0 cached",
    ]


def a_run_with_a_warning():
    verdict = {
        **VERDICT,
        "passed": True,
        "headline": "1 anomaly in company: allowed",
        "warns": True,
    }
    return a_record(
        ExampleValidator=NodeRecord(NodeState.CACHED, 0.5, verdict=verdict),
        Evaluator=NodeRecord(NodeState.DONE, 0.5, verdict={**VERDICT, "passed": True}),
    )


@pytest.mark.parametrize("kind", [PlainDisplay, LiveDisplay])
def test_what_a_gate_let_pass_is_shown_at_the_end(console, text, kind):
    display = kind(console)
    with display:
        display.show(a_run_with_a_warning(), FOLDER)
        display.finish()
    lines = text.getvalue().splitlines()

    assert any(line.split() == ["company", "[/x]", "Taxi"] for line in lines)
    assert "Evaluator:" not in text.getvalue()
    assert lines[-1] == (
        "run 20261121-090507 succeeded; 1 executed, 1 cached; warnings from ExampleValidator"
    )


def test_a_warning_stands_beside_its_gate(console, text):
    PlainDisplay(console).show(a_run_with_a_warning(), FOLDER)

    assert text.getvalue().splitlines()[1:] == [
        "ExampleValidator   cached       0.50 s warning: 1 anomaly in company: allowed",
        "Evaluator          done         0.50 s",
    ]


def test_quiet_counts_warnings_in_its_line(console, text):
    display = QuietDisplay(console)
    display.show(a_run_with_a_warning(), FOLDER)
    display.finish()

    (line,) = text.getvalue().splitlines()
    assert line.endswith("; warnings from ExampleValidator")


def test_a_crash_that_the_data_gate_explains_is_not_reported(console, text):
    record = a_stopped_run()
    record.nodes["Transform"] = NodeRecord(NodeState.FAILED, cause="ValueError: no such column")
    display = PlainDisplay(console)
    display.show(record, FOLDER)
    before = text.getvalue()
    display.finish()

    assert "Transform failed" not in text.getvalue().removeprefix(before)


def test_what_a_node_says_is_not_taken_for_markup(console, text):
    display = PlainDisplay(console)
    display.show(a_stopped_run(), FOLDER)

    assert "stopped      0.50 s 1 [/b] anomaly" in text.getvalue()
    assert "Trainer" not in text.getvalue()


def test_quiet_shows_the_last_line_alone(console, text):
    display = QuietDisplay(console)
    record = a_record(A=NodeRecord(NodeState.DONE, 1.0), B=NodeRecord(NodeState.CACHED, 0.1))
    record.nodes["A"].summary = "taxi was pushed as version 4"
    display.show(record, FOLDER)
    display.finish()

    assert text.getvalue() == (
        "run 20261121-090507 succeeded; 1 executed, 1 cached; taxi was pushed as version 4\n"
    )


def test_json_is_an_object_a_line(capsys):
    display = JsonDisplay()
    record = a_stopped_run()
    display.show(record, FOLDER)
    display.show(record, FOLDER)
    display.finish()
    *nodes, run = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [(each["event"], each["node"], each["state"]) for each in nodes] == [
        ("node", "ExampleGen", "done"),
        ("node", "ExampleValidator", "stopped"),
        ("node", "Trainer", "not run"),
    ]
    assert nodes[1]["verdict"] == VERDICT
    assert nodes[1]["log"] == str(FOLDER.log("ExampleValidator"))
    assert run["event"] == "run"
    assert run["outcome"] == "stopped by a gate"
    assert set(run["nodes"]) == {"ExampleGen", "ExampleValidator", "Trainer"}


@pytest.mark.parametrize("kind", [PlainDisplay, QuietDisplay, JsonDisplay, LiveDisplay])
def test_a_run_that_never_began_shows_no_summary(console, kind, capsys):
    display = kind(console)
    with display:
        display.finish()

    assert capsys.readouterr().out == ""


def test_live_follows_the_nodes(console, text):
    display = LiveDisplay(console)
    assert display._table() == "starting ..."
    display.show(a_record(RunOutcome.RUNNING, A=NodeRecord(NodeState.RUNNING)), FOLDER)
    console.print(display._table())

    assert "taxi: run 20261121-090507" in text.getvalue()
    assert any(line.split()[:2] == ["A", "running"] for line in text.getvalue().splitlines())


@pytest.mark.parametrize(
    ("same_as", "named"),
    [("20261120-080000", "run 20261120-080000"), (None, "an earlier run")],
)
def test_a_run_without_anything_new_says_so(text, console, same_as, named):
    record = a_record(Trainer=NodeRecord(NodeState.CACHED, 0.1))
    record.nothing_new, record.same_as = True, same_as
    display = PlainDisplay(console)
    display.show(record, FOLDER)
    display.finish()

    assert text.getvalue().splitlines()[-2:] == [
        f"nothing new: same data, code and configuration as {named}",
        f"run {FOLDER.run_id} succeeded; 0 executed, 1 cached",
    ]
