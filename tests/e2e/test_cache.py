"""The cache sees code: what is edited runs again with all that follows it, and nothing else."""

import os
import shutil
import uuid
from pathlib import Path

import pytest

PENGUIN = Path(__file__).resolve().parents[2] / "examples" / "penguin"
# These look at what is outside of the cache in every run: the newest pushed model, the model store.
ALWAYS = {"LatestPushedModel", "Pusher"}
AFTER_TRAINER = ALWAYS | {"Trainer", "Evaluator", "InfraValidator"}
AFTER_TRANSFORM = AFTER_TRAINER | {"Transform"}
HELPER = '"""Names that the model uses."""\n\nSPECIES = ("Adelie", "Chinstrap", "Gentoo")\n'


class Case:
    """A use case of one's own, and the command on its home."""

    def __init__(self, folder, tidemill):
        self.folder = folder
        self.tidemill = tidemill

    @property
    def outputs(self):
        return self.tidemill.home / "artifacts" / "penguin"

    def run(self):
        done = self.tidemill.run(self.folder)
        assert done.status == 0, done.stdout + done.stderr
        return done

    def executed(self):
        """Runs; returns the nodes that were executed, the others having been cached."""
        states = self.run().states
        assert set(states.values()) <= {"done", "cached"}
        return {node for node, state in states.items() if state == "done"}

    def edit(self, name, old, new):
        path = self.folder / name
        text = path.read_text()
        assert text.count(old) == 1, f"{name} no longer has one {old!r}"
        path.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def case(tmp_path_factory, tidemill):
    """The penguin example under a name of its own, with a helper module; it ran once.

    Every test runs what it edited, so that the next one starts from a cache that has it all.
    """
    root = tmp_path_factory.mktemp("case")
    folder = root / f"birds_{uuid.uuid4().hex[:8]}"
    shutil.copytree(PENGUIN, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "species.py").write_text(HELPER)
    case = Case(folder, tidemill(root / "home"))
    case.edit("model.py", 'SPECIES = ("Adelie", "Chinstrap", "Gentoo")', "")
    case.edit(
        "model.py", "\n\nif TYPE_CHECKING", "\nfrom .species import SPECIES\n\nif TYPE_CHECKING"
    )
    assert set(case.run().states.values()) == {"done"}
    return case


def test_a_touched_file_and_an_unrelated_new_one_change_nothing(case):
    for path in case.folder.glob("*.py"):
        os.utime(path, (0, 0))
    (case.folder / "notes.txt").write_text("Nobody imports this.\n")
    (case.folder / "unused.py").write_text("raise RuntimeError('nor this')\n")

    done = case.run()

    assert {node for node, state in done.states.items() if state == "done"} == ALWAYS
    assert not (case.tidemill.logs(done.record["run_id"]) / "worker.log").exists()


def test_a_run_without_anything_new_says_so_and_which_run_it_repeats(case):
    first = case.tidemill.status()[0]["run_id"]
    done = case.tidemill.run(case.folder, options=())
    shown = case.tidemill("status").stdout.splitlines()
    record = case.tidemill.status()[-1]

    assert done.status == 0
    assert f"nothing new: same data, code and configuration as run {first}\n" in done.stdout
    assert "nothing new" in shown[-1]
    assert (record["outcome"], record["nothing_new"], record["same_as"]) == (
        "succeeded",
        True,
        first,
    )


def test_a_line_edited_in_the_model_trains_again(case):
    case.edit("model.py", "default=1e-2", "default=9e-3")

    assert case.executed() == AFTER_TRAINER


def test_a_line_edited_in_a_module_that_the_model_imports_trains_again(case):
    case.edit("species.py", '"Gentoo")', '"Gentoo (Pygoscelis papua)")')

    assert case.executed() == AFTER_TRAINER


def test_a_line_edited_in_the_preprocessing_transforms_and_trains_again(case):
    case.edit("preprocessing.py", "return tf.reshape(scaled, [-1, 1])", "return scaled")

    assert case.executed() == AFTER_TRANSFORM


def test_a_setting_that_no_executor_sees_changes_nothing(case):
    done = case.tidemill.run(case.folder, "resources.cpus=1")

    assert done.status == 0
    assert {node for node, state in done.states.items() if state == "done"} == ALWAYS


def test_outputs_whose_files_are_gone_are_made_again(case):
    """A gate's verdict lies in a file too: without it, the gate must not count as passed."""
    for file in (case.outputs / "ExampleValidator").rglob("*"):
        if file.is_file():
            file.unlink()
    for folder in (case.outputs / "Trainer" / "model").iterdir():
        shutil.rmtree(folder)

    assert case.executed() == AFTER_TRAINER | {"ExampleValidator"}
    # The new model was held against the pushed copy of the one that is gone, and still is.
    assert case.executed() == ALWAYS


def test_what_cleaning_leaves_is_all_that_the_next_run_needs(case):
    before = {path for path in case.outputs.rglob("*") if path.is_file()}
    pushed = case.tidemill.models("penguin")
    shown = case.tidemill("clean", case.folder, "--keep-runs", 1, "--dry-run")
    assert {path for path in case.outputs.rglob("*") if path.is_file()} == before
    cleaned = case.tidemill("clean", case.folder, "--keep-runs", 1)
    left = {path for path in case.outputs.rglob("*") if path.is_file()}

    assert cleaned.status == 0, cleaned.stderr
    assert left < before
    assert shown.stdout.splitlines()[-1].removeprefix("would remove ") == (
        cleaned.stdout.strip().removeprefix("removed ")
    )
    assert case.tidemill.models("penguin") == pushed
    done = case.tidemill.run(case.folder, "pipeline.keep_runs=1")
    assert done.record["nothing_new"]
    assert {path for path in case.outputs.rglob("*") if path.is_file()} >= left
