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
