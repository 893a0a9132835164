"""The digest of a function follows what it uses, and nothing else of its module."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.definition_digest import definition_digest

TAXI = Path(__file__).resolve().parents[3] / "examples" / "taxi"
MODEL = '''
"""A model."""
import keras
from . import layers
from .names import LABEL, UNUSED
from .shared import *

try:
    from .fast import step
except ImportError:
    step = 1

if keras.__version__ > "3":

    def loss():
        kind = "new"
        return kind

UNITS = [8, 16]
UNITS += [32]
EPOCHS = 3


def build(hp):
    """Builds."""
    from .late import rate
    return layers.dense(hp, UNITS, LABEL, rate, step, loss)


def search(fn_args):
    return build


def train(fn_args):
    return build, EPOCHS, UNUSED


keras.config.set_floatx("float32")
'''
FILES = {
    "model.py": MODEL,
    "__init__.py": "",
    "layers.py": "def dense(*args):\n    return args\n\n\ndef other():\n    return 1\n",
    "names.py": "LABEL = 'x'\nUNUSED = 'y'\n",
    "shared.py": "ANYTHING = 1\n",
    "fast.py": "step = 2\n",
    "late.py": "rate = 0.1\n",
    "apart.py": "nobody = True\n",
}


@pytest.fixture
def case(tmp_path):
    folder = tmp_path / "cases" / "birds"
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def digest(folder, function="search"):
    return definition_digest(folder / "model.py", function, folder.parent)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("model.py", "layers.dense(hp", "layers.dense(hp, 2"),
        ("model.py", "[8, 16]", "[8]"),
        ("model.py", "+= [32]", "+= [64]"),
        ("model.py", "step = 1", "step = 3"),
        ("model.py", '"new"', '"newer"'),  # a function inside a condition
        ("model.py", '"float32"', '"bfloat16"'),
        ("names.py", "'x'", "'z'"),
        ("shared.py", "1", "2"),
        ("fast.py", "2", "3"),
        ("late.py", "0.1", "0.2"),
        ("layers.py", "return args", "return args[0]"),
        ("layers.py", "return 1", "return 2"),  # a module that is imported whole
    ],
)
def test_an_edit_of_what_the_search_uses_counts(case, file, old, new):
    before = digest(case)
    text = (case / file).read_text()
    assert text.count(old) == 1
    (case / file).write_text(text.replace(old, new))
    assert digest(case) != before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("model.py", "return build, EPOCHS", "return EPOCHS, build"),
        ("model.py", "EPOCHS = 3", "EPOCHS = 4"),
        ("model.py", '"""Builds."""', '"""Builds a model."""  # well'),
        ("model.py", '"""A model."""', '"""The model."""'),
        ("model.py", "UNITS = [8, 16]", "UNITS = [\n    8,\n    16,\n]"),
        ("names.py", "'y'", "'z'"),
        ("apart.py", "True", "False"),
    ],
)
def test_other_edits_do_not(case, file, old, new):
    before = digest(case)
    text = (case / file).read_text()
    assert text.count(old) == 1
    (case / file).write_text(text.replace(old, new))
    assert digest(case) == before


def test_it_does_not_depend_on_where_the_folder_lies(case, tmp_path):
    elsewhere = tmp_path / "elsewhere" / "birds"
    shutil.copytree(case, elsewhere)
    assert digest(case) == digest(elsewhere)


def test_a_method_of_a_class_and_a_decorator_are_followed(case):
    (case / "model.py").write_text(
        "W = 1\nD = 2\n\n\ndef deco(f):\n    return f\n\n\nclass Net:\n    def go(self):\n"
        "        return W\n\n\n@deco\ndef search(fn_args):\n    return Net\n"
    )
    before = digest(case)
    (case / "model.py").write_text((case / "model.py").read_text().replace("D = 2", "D = 3"))
    assert digest(case) == before
    (case / "model.py").write_text((case / "model.py").read_text().replace("W = 1", "W = 3"))
    assert digest(case) != before


def test_the_taxi_search_does_not_see_the_training(tmp_path):
    folder = tmp_path / "taxi"
    shutil.copytree(TAXI, folder, ignore=shutil.ignore_patterns("__pycache__"))
    before = digest(folder, "tuner_fn")
    text = (folder / "model.py").read_text()
    (folder / "model.py").write_text(text.replace("class_names=CLASS_NAMES,", ""))
    assert digest(folder, "tuner_fn") == before
    (folder / "model.py").write_text(text.replace("[4, 8, 16]", "[4, 8]"))
    assert digest(folder, "tuner_fn") != before
