"""Crashes of every kind in every node: the state says what happened, and the next run goes on.

A run is struck in one node; the next one goes on from the cache and is struck in the node after.
`make test` strikes each node once, the kinds taking turns; `make crashes` strikes each node in each
way, which takes a quarter of an hour, and prints the table. Both hold what they see against the
table in `docs/crashes.md`.
"""

import contextlib
import random
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
PENGUIN = ROOT / "examples" / "penguin"
FAULTS_FOLDER = Path(__file__).parent / "faults"
DOCUMENT = ROOT / "docs" / "crashes.md"
# One node at a time, so that what is done and what is not is the same in every run.
SETTINGS = (
    "resources.cpus=1",
    "tuner.enabled=true",
    "tuner.trials=1",
    "trainer.epochs=2",
    "evaluator.metrics={SparseCategoricalAccuracy: {min: 0.01}}",
)
# In the order in which they run on one core.
NODES = (
    "ExampleGen",
    "StatisticsGen",
    "SchemaGen",
    "ExampleValidator",
    "Transform",
    "Tuner",
    "Trainer",
    "InfraValidator",
    "LatestPushedModel",
    "Evaluator",
    "Pusher",
)
RESOLVER = "LatestPushedModel"
UNWRITABLE = "could not write its files; is the disk full, or a limit reached?"
LOST = ("lost", "failed", "killed together with the run")
# Fault -> exit status of the command, outcome of the run, state and cause of the node.
EXPECTED = {
    "kill -9 of the node": (1, "failed", "failed", "killed by SIGKILL"),
    "kill -9 of its worker": (1, "failed", "failed", "the process that ran it ended"),
    "kill -9 of the command": (-signal.SIGKILL, *LOST),
    "kill -9 of everything": (-signal.SIGKILL, *LOST),
    "SIGTERM": (130, "cancelled", "cancelled", ""),
    "disk full": (1, "failed", "failed", UNWRITABLE),
    "memory limit": (1, "failed", "failed", "MemoryError"),
}
FAULTS = tuple(EXPECTED)
DIAGONAL = [(node, FAULTS[place % len(FAULTS)]) for place, node in enumerate(NODES)]
RANDOM_KILLS = 12
LONGEST_SECONDS = 4


class Crashes:
    """One home, in which one run after another is struck."""

    def __init__(self, tidemill, monkeypatch):
        self.tidemill = tidemill
        self._monkeypatch = monkeypatch

    def strike(self, node, fault):
        """Has a run struck; returns the command as it ended."""
        self._monkeypatch.setenv("PYTHONPATH", str(FAULTS_FOLDER))
        self._monkeypatch.setenv("FAULT_NODE", node)
        self._monkeypatch.setenv("FAULT_KIND", fault)
        return self.tidemill.run(PENGUIN, *SETTINGS)

    def run_undisturbed(self):
        for name in ("PYTHONPATH", "FAULT_NODE", "FAULT_KIND"):
            self._monkeypatch.delenv(name, raising=False)
        done = self.tidemill.run(PENGUIN, *SETTINGS)
        assert done.status == 0, done.stderr
        return done.record

    def go_through(self, strikes):
        """Strikes node after node, and then lets a run end.

        Returns:
            For each strike a cell of the table: outcome, and what the next run executed of it.
        """
        reruns = []
        for node, fault in strikes:
            done = self.strike(node, fault)
            record = self.tidemill.status()[-1]
            assert_told(done, record, node, fault)
            reruns.append(executed(record))
        reruns.append(executed(self.run_undisturbed()))
        records = self.tidemill.status()
        for record, (node, fault) in zip(records, strikes, strict=False):
            self.assert_settled(record, node, fault)
        pairs = zip(records, reruns[1:], strict=False)
        return [f"{record['outcome']}; {', '.join(rerun) or 'nothing'}" for record, rerun in pairs]

    def assert_settled(self, record, node, fault):
        """Once the next run has begun, nothing counts as running or as done that is not."""
        assert record["outcome"] == EXPECTED[fault][1]
        assert (record["nodes"][node]["state"], record["nodes"][node]["cause"]) == told(fault)
        executions = self.tidemill.executions(record["run_id"])
        assert {state for state, _ in executions.values()} <= {"COMPLETE", "CACHED", "FAILED"}
        assert node not in executions or executions[node][0] == "FAILED"

    def execution_states(self):
        """Returns the states that ML Metadata has of any execution of any run."""
        executions = self.tidemill.metadata().get_executions()
        return {execution.State.Name(execution.last_known_state) for execution in executions}

    def assert_nothing_left_behind(self):
        """One model is pushed, and nothing that a struck node wrote takes up room."""
        assert len([name for name in self.tidemill.models("penguin") if name.isdigit()]) == 1
        assert self.run_undisturbed()["nothing_new"]
        listed = self.tidemill("clean", PENGUIN, "--dry-run").stdout.splitlines()[:-1]
        assert [line for line in listed if "/.system/" not in line] == []


@pytest.fixture
def crashes(tidemill, tmp_path, monkeypatch):
    return Crashes(tidemill(tmp_path / "home"), monkeypatch)


@pytest.fixture(scope="module")
def terminal(request):
    """Writes a line on the terminal, also where output is captured."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    reporter = request.config.pluginmanager.getplugin("terminalreporter")

    def write(line):
        with capture.global_and_fixture_disabled():
            reporter.write_line(line)

    return write


def executed(record):
    """Returns the nodes that a run executed to the end; a resolver looks things up in each."""
    done = [node for node, its in record["nodes"].items() if its["state"] == "done"]
    return [node for node in done if node != RESOLVER]


def told(fault):
    """Returns the state of a struck node, and its cause without what may differ."""
    return EXPECTED[fault][2], EXPECTED[fault][3]


def assert_told(done, record, node, fault):
    """The command's status and the run's record say at once what happened."""
    status, outcome, *_ = EXPECTED[fault]
    assert done.status == status, done.stderr
    assert record["outcome"] == outcome
    if outcome != "lost":
        assert record["nodes"][node]["state"] == told(fault)[0]


def documented():
    """Returns the cells of the document's table: (node, fault) -> text."""
    rows = [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for line in DOCUMENT.read_text().splitlines()
        if line.startswith(("| node |", *(f"| {node} |" for node in NODES)))
    ]
    (_, *faults), *body = rows
    return {
        (node, fault): cell
        for node, *cells in body
        for fault, cell in zip(faults, cells, strict=True)
    }


def rendered(cells):
    """Returns cells as the document's table."""
    lines = [["node", *FAULTS], ["---"] * (len(FAULTS) + 1)]
    lines += [[node, *(cells[node, fault] for fault in FAULTS)] for node in NODES]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def test_every_node_is_struck_once_and_each_run_goes_on(crashes):
    cells = dict(zip(DIAGONAL, crashes.go_through(DIAGONAL), strict=True))

    assert cells == {place: documented()[place] for place in DIAGONAL}
    crashes.assert_nothing_left_behind()


@pytest.mark.crashes
class TestTheWholeTable:
    """Every node in every way; then the table."""

    CELLS = {}  # noqa: RUF012  the tests of this class fill it one after another

    @pytest.mark.parametrize("fault", FAULTS)
    def test_every_node_is_struck_in_this_way(self, crashes, fault):
        strikes = [(node, fault) for node in NODES]
        self.CELLS.update(zip(strikes, crashes.go_through(strikes), strict=True))

        crashes.assert_nothing_left_behind()

    def test_the_document_shows_the_table(self, terminal):
        terminal(f"\n{rendered(self.CELLS)}")

        assert rendered(self.CELLS) in DOCUMENT.read_text()


@pytest.mark.crashes
def test_everything_killed_at_any_moment(crashes, terminal):
    moments = random.Random(7)  # noqa: S311  moments, not secrets
    for _ in range(RANDOM_KILLS):
        with crashes.tidemill.start(PENGUIN, *SETTINGS) as running:
            for _ in range(moments.randint(len(NODES), 3 * len(NODES))):
                running.process.stdout.readline()
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.process.wait(moments.uniform(0, LONGEST_SECONDS))
            kill_tree(running)
    record = crashes.run_undisturbed()
    terminal(f"after {RANDOM_KILLS} kills, executed: {executed(record)}")

    assert crashes.execution_states() <= {"COMPLETE", "CACHED", "FAILED"}
    crashes.assert_nothing_left_behind()


def kill_tree(running):
    """Kills the command and all that it started, all at once."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in [psutil.Process(running.process.pid), *running.descendants()]:
            process.kill()
