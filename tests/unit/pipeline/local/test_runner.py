"""The local runner, with small programs in the place of workers."""

from __future__ import annotations

import json
import os

import pytest

from pipeline.local import runner, worker_process
from pipeline.local.node_order import Budget
from pipeline.local.runner import LocalRunner, WorkerLostError
from pipeline.places import Home
from pipeline.runs import NodeState, RunOutcome, RunRecord

# Answers each launch as plan.json says, and notes what it was asked in calls.txt.
_FAKE_WORKER = """
import json, signal, sys
from pathlib import Path

plan = json.loads(Path("plan.json").read_text())
kind = "lean" if "--lean" in sys.argv else "full"

def note(text):
    with Path("calls.txt").open("a") as file:
        file.write(f"{kind} {text}\\n")

def say(reply, **fields):
    print(json.dumps({"reply": reply, **fields}), flush=True)

def stop(*_):
    note("stops")
    sys.exit()

signal.signal(signal.SIGTERM, stop)
note("starts")
answers = plan[kind]
if "refused" in answers:
    say("Refused", cause=answers["refused"], traceback="")
    sys.exit(1)
if "never ready" not in answers:
    say("Ready", upstream=plan["nodes"], light=plan["light"])
for line in sys.stdin:
    request = json.loads(line)
    executes_light_node = kind == "lean" and request["execute"]
    note(("executes " if executes_light_node else "") + request["launch"])
    answer = answers.get(request["launch"], {"outcome": "executed" if kind == "full" else "missed"})
    if executes_light_node:
        answer = {"outcome": "executed"}
    if answer == "die":
        sys.exit(7)
    if answer != "hang":
        say("NodeResult", node=request["launch"], **answer)
"""
CACHED = {"outcome": "cached", "execution_id": 5}
EXECUTED = {"outcome": "executed"}
SHUT = {"passed": False, "headline": "no good", "columns": [], "rows": [], "advice": ""}
CHAIN = {"A": (), "B": ("A",), "C": ("B",)}
PAIR = {"A": (), "B": (), "C": ("A", "B")}


class Machine:
    """A home with a fake worker."""

    def __init__(self, tmp_path):
        self.root = tmp_path
        self.folder = Home(tmp_path / "home").run("20261121-090507")
        self.folder.logs.mkdir(parents=True)
        Home(tmp_path / "home").metadata.touch()  # something may be in the cache
        package = tmp_path / "pipeline" / "local"
        package.mkdir(parents=True)
        for folder in (package.parent, package):
            # Without it, an installed `pipeline` would be imported in its place.
            (folder / "__init__.py").touch()
        (package / "worker.py").write_text(_FAKE_WORKER)
        self.record = RunRecord(self.folder.run_id, "taxi", "/taxi", started="x", pid=os.getpid())

    def run(self, nodes, lean=(), full=(), observer=lambda _record: None, cpus=8, light=()):
        plan = {"nodes": nodes, "light": light, "lean": dict(lean), "full": dict(full)}
        (self.root / "plan.json").write_text(json.dumps(plan))
        with (self.root / "lock").open("a") as lock:
            local_runner = LocalRunner(
                Home(self.root / "home"),
                self.folder,
                self.record,
                self.root,
                Budget(cpus, 64),
                observer,
                lock.fileno(),
            )
            return local_runner.run()

    @property
    def calls(self):
        return (self.root / "calls.txt").read_text().splitlines()

    @property
    def states(self):
        return {node: record.state for node, record in self.record.nodes.items()}


@pytest.fixture
def machine(tmp_path, monkeypatch):
    monkeypatch.setattr(worker_process, "PROJECT", tmp_path)
    return Machine(tmp_path)


def test_a_cached_run_never_starts_a_full_worker(machine):
    record = machine.run(CHAIN, lean=dict.fromkeys(CHAIN, CACHED))

    assert record.outcome is RunOutcome.SUCCEEDED
    assert set(machine.states.values()) == {NodeState.CACHED}
    assert machine.calls == ["lean starts", "lean A", "lean B", "lean C"]
    assert record.ended
    assert RunRecord.load(machine.folder) == record


def test_in_a_new_home_the_full_worker_starts_at_once(machine):
    Home(machine.root / "home").metadata.unlink()
    record = machine.run(CHAIN)

    assert record.outcome is RunOutcome.SUCCEEDED
    assert {"lean starts", "full starts"} <= set(machine.calls[:3])
    assert [call for call in machine.calls if call.startswith("full")] == [
        "full starts",
        "full A",
        "full B",
        "full C",
    ]


def test_a_miss_starts_one_full_worker_which_does_the_rest(machine):
    record = machine.run(CHAIN, lean={"A": CACHED})

    assert record.outcome is RunOutcome.SUCCEEDED
    assert list(machine.states.values()) == [NodeState.CACHED, NodeState.DONE, NodeState.DONE]
    assert machine.calls == [
        "lean starts", "lean A", "lean B", "full starts", "full B", "full C"
    ]  # fmt: skip


def test_two_misses_start_one_full_worker(machine):
    machine.run(PAIR)

    assert machine.calls.count("full starts") == 1
    assert set(machine.states.values()) == {NodeState.DONE}


def test_a_light_node_at_the_end_is_executed_without_a_full_worker(machine):
    record = machine.run(CHAIN, lean={"A": CACHED, "B": CACHED}, light=["C"])

    assert record.outcome is RunOutcome.SUCCEEDED
    assert machine.states["C"] is NodeState.DONE
    assert machine.calls == ["lean starts", "lean A", "lean B", "lean C", "lean executes C"]


def test_light_nodes_at_the_end_are_executed_without_a_full_worker(machine):
    machine.run(CHAIN, lean={"A": CACHED}, light=["B", "C"])

    assert set(machine.states.values()) == {NodeState.CACHED, NodeState.DONE}
    assert "full starts" not in machine.calls


def test_a_data_gate_that_is_light_does_not_start_the_full_worker_for_those_that_wait_for_it(
    machine,
):
    gated = {"ExampleValidator": (), "Trainer": ("ExampleValidator",)}
    record = machine.run(gated, lean={"Trainer": CACHED}, light=["ExampleValidator"])

    assert record.outcome is RunOutcome.SUCCEEDED
    assert "full starts" not in machine.calls


def test_while_a_light_node_is_executed_the_full_worker_starts_for_those_after_it(
    machine, monkeypatch
):
    started_while = {}

    def start(*arguments, lean):
        started_while["lean" if lean else "full"] = machine.states.get("A")
        return worker_process.WorkerProcess(*arguments, lean=lean)

    monkeypatch.setattr(runner, "WorkerProcess", start)
    record = machine.run(CHAIN, light=["A"])

    assert record.outcome is RunOutcome.SUCCEEDED
    assert "lean executes A" in machine.calls
    assert started_while == {"lean": None, "full": NodeState.RUNNING}


def test_a_full_worker_that_is_ready_executes_light_nodes_too(machine):
    machine.run(CHAIN, lean={"A": CACHED}, light=["C"])

    assert machine.calls[-2:] == ["full B", "full C"]


@pytest.mark.parametrize("outcome", ["cached", "executed"])
def test_a_gate_that_shuts_stops_the_run(machine, outcome):
    shut = {"outcome": outcome, "verdict": SHUT}
    record = machine.run(CHAIN, lean={"A": CACHED, "B": shut})

    assert record.outcome is RunOutcome.STOPPED
    assert machine.states == {
        "A": NodeState.CACHED,
        "B": NodeState.STOPPED,
        "C": NodeState.NOT_RUN,
    }
    assert record.nodes["B"].cause == "no good"
    assert record.nodes["B"].verdict == SHUT


def test_an_execution_that_failed_because_it_refused_its_data_is_a_gate_that_shut(machine):
    record = machine.run(
        CHAIN, lean={"A": {"outcome": "failed", "cause": "no good", "verdict": SHUT}}
    )

    assert record.outcome is RunOutcome.STOPPED
    assert machine.states["A"] is NodeState.STOPPED
    assert record.nodes["A"].verdict == SHUT
    assert record.nodes["A"].cause == "no good"


def test_a_gate_that_passes_does_not(machine):
    passed = {**CACHED, "verdict": {**SHUT, "passed": True}}
    assert machine.run(CHAIN, lean=dict.fromkeys(CHAIN, passed)).outcome is RunOutcome.SUCCEEDED


def test_a_miss_after_a_gate_shut_executes_nothing(machine):
    record = machine.run(PAIR, lean={"A": {**CACHED, "verdict": SHUT}})

    assert record.outcome is RunOutcome.STOPPED
    assert machine.states["B"] is NodeState.NOT_RUN
    assert "full starts" not in machine.calls


def test_a_node_that_waits_for_the_full_worker_is_withdrawn_when_a_gate_shuts(machine):
    machine.run(
        {"A": (), "B": (), "C": ("A",)},
        lean={"B": {**CACHED, "verdict": SHUT}},
        full={"never ready": True},
    )

    assert machine.record.outcome is RunOutcome.STOPPED
    assert machine.states["A"] is NodeState.NOT_RUN


def test_a_failed_node(machine):
    failed = {"outcome": "failed", "cause": "ValueError: no"}
    record = machine.run(CHAIN, lean={"A": CACHED}, full={"B": failed})

    assert record.outcome is RunOutcome.FAILED
    assert machine.states["B"] is NodeState.FAILED
    assert record.nodes["B"].cause == "ValueError: no"
    assert machine.states["C"] is NodeState.NOT_RUN


def test_what_runs_beside_a_failed_node_is_let_finish(machine):
    record = machine.run(PAIR, lean={"A": {"outcome": "failed", "cause": "no"}, "B": CACHED})

    assert record.outcome is RunOutcome.FAILED
    assert machine.states["B"] is NodeState.CACHED


@pytest.mark.parametrize("first", ["A", "B"])
def test_a_crash_weighs_more_than_a_gate_that_shut(machine, first):
    second = "B" if first == "A" else "A"
    record = machine.run(
        PAIR, lean={first: {"outcome": "failed"}, second: {**CACHED, "verdict": SHUT}}
    )

    assert record.outcome is RunOutcome.FAILED


def test_the_data_gate_explains_a_crash_on_the_same_data(machine):
    nodes = {"A": (), "Transform": ("A",), "ExampleValidator": ("A",), "C": ("Transform",)}
    record = machine.run(
        nodes,
        lean={
            "A": CACHED,
            "Transform": {"outcome": "failed", "cause": "no such column"},
            "ExampleValidator": {**CACHED, "verdict": SHUT},
        },
    )

    assert record.outcome is RunOutcome.STOPPED
    assert machine.states["Transform"] is NodeState.FAILED
    assert machine.states["ExampleValidator"] is NodeState.STOPPED
    assert machine.states["C"] is NodeState.NOT_RUN


@pytest.mark.parametrize(
    ("lean", "full", "log"),
    [({"A": "die"}, {}, "worker-lean.log"), ({}, {"A": "die"}, "worker.log")],
)
def test_a_worker_that_dies_is_told_with_its_log(machine, lean, full, log):
    with pytest.raises(WorkerLostError) as caught:
        machine.run(CHAIN, lean=lean, full=full)

    assert str(machine.folder.logs / log) in str(caught.value)
    assert RunRecord.load(machine.folder).outcome is RunOutcome.FAILED
    assert machine.states == {
        "A": NodeState.FAILED,
        "B": NodeState.NOT_RUN,
        "C": NodeState.NOT_RUN,
    }


@pytest.mark.parametrize("cpus", [1, 8])
def test_what_missed_waits_until_the_cache_has_said_what_the_data_gate_said(machine, cpus):
    nodes = {
        "A": (),
        "Transform": ("A",),
        "Statistics": ("A",),
        "ExampleValidator": ("Statistics",),
    }
    record = machine.run(
        nodes,
        lean={"A": CACHED, "Statistics": CACHED, "ExampleValidator": {**CACHED, "verdict": SHUT}},
        full={"ExampleValidator": {**EXECUTED, "verdict": SHUT}},
        cpus=cpus,
    )

    assert record.outcome is RunOutcome.STOPPED
    if cpus > 1:
        assert machine.states["Transform"] is NodeState.NOT_RUN
        assert "full starts" not in machine.calls


def test_a_worker_that_cannot_compile_says_why(machine):
    with pytest.raises(WorkerLostError, match=r"ValueError: no such signature; see .*-lean\.log"):
        machine.run(CHAIN, lean={"refused": "ValueError: no such signature"})


@pytest.mark.parametrize("lean", [{"A": "hang"}, {"A": CACHED, "B": "hang"}])
def test_ctrl_c_cancels(machine, lean):
    hanging = next(node for node, answer in lean.items() if answer == "hang")

    def interrupt(record):
        if hanging in record.nodes and record.nodes[hanging].state is NodeState.RUNNING:
            raise KeyboardInterrupt

    record = machine.run(CHAIN, lean=lean, observer=interrupt)

    assert record.outcome is RunOutcome.CANCELLED
    assert machine.states[hanging] is NodeState.CANCELLED
    assert machine.states["C"] is NodeState.NOT_RUN
    assert machine.calls[-1] == "lean stops"


def test_the_data_gate_of_any_span_explains_a_crash(machine):
    gates = {"ExampleValidator.span-1": ("A",), "ExampleValidator.span-2": ("A",)}
    record = machine.run(
        {"A": (), "Transform": ("A",), **gates},
        lean={
            "A": CACHED,
            "Transform": {"outcome": "failed", "cause": "no such column"},
            "ExampleValidator.span-1": {**CACHED, "verdict": SHUT},
            "ExampleValidator.span-2": CACHED,
        },
    )

    assert record.outcome is RunOutcome.STOPPED
    assert machine.states["ExampleValidator.span-2"] is NodeState.CACHED


def test_rows_are_those_of_the_spans_that_a_node_reads(machine):
    old, new = "ExampleGen.span-1", "ExampleGen.span-2"
    nodes = {
        old: (),
        new: (),
        "StatisticsGen.span-1": (old,),
        "Transform": (old, new),
        "Evaluator": (new,),
    }
    rows = {old: {"train": 20, "eval": 10}, new: {"train": 4, "eval": 3}}
    lean = dict.fromkeys(nodes, EXECUTED) | {n: {**EXECUTED, "rows": rows[n]} for n in rows}

    record = machine.run(nodes, lean=lean)

    assert [its.rows for its in record.nodes.values()] == [30, 7, 30, 37, 3]


def test_rows_and_the_pushed_version_are_recorded(machine):
    nodes = {"ExampleGen": (), "Evaluator": ("ExampleGen",), "Pusher": ("Evaluator",)}
    record = machine.run(
        nodes,
        lean={
            "ExampleGen": {**EXECUTED, "rows": {"train": 20, "eval": 10}},
            "Evaluator": {**EXECUTED, "cpu_seconds": 1.5, "peak_memory_mib": 9},
            "Pusher": {**EXECUTED, "pushed_version": "4", "summary": "was pushed"},
        },
    )

    assert [its.rows for its in record.nodes.values()] == [30, 10, None]
    assert record.pushed_version == "4"
    assert record.nodes["Pusher"].summary == "was pushed"
    assert record.nodes["Evaluator"].cpu_seconds == 1.5
    assert record.nodes["Evaluator"].peak_memory_mib == 9
