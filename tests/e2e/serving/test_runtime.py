"""The server's TensorFlow: a few parts of it, or all where those cannot be had."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from serving.server import lean_tensorflow

ROOT = Path(__file__).resolve().parents[3]
# Asks for y in a process of its own, as a server does.
ASK = """
import importlib.abc, json, sys
from pathlib import Path

from serving.server import lean_tensorflow

class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == sys.argv[2] and lean_tensorflow._FINDER in sys.meta_path:
            raise ModuleNotFoundError(name)

lean_tensorflow.install()
sys.meta_path.insert(0, Refuse())

import numpy as np
from serving.server.servable import ServableModel

model = ServableModel(Path(sys.argv[1]))
signature = model.signatures["serving_default"]
answer = model.run(signature, {"x": np.array([1.5], np.float32)})
whole = hasattr(sys.modules["tensorflow"], "constant")
print(json.dumps({"y": answer["y"].tolist(), "whole": whole}))
"""
# Says whether sessions put what functions hold in their place, without and with a config file.
INLINES = """
import sys

from serving.server import lean_tensorflow

lean_tensorflow.install()

from serving.server.flags import ServerFlags
from serving.server.loading import _read_options

for config in ("", sys.argv[1]):
    options = _read_options(ServerFlags(tensorflow_session_config_file=config))
    print(options.session.graph_options.optimizer_options.do_function_inlining)
"""


def python(code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def doubles(tmp_path_factory):
    """A model of y = 2 x."""
    import tensorflow as tf

    class Doubles(tf.Module):
        def __init__(self):
            self.factor = tf.Variable(2.0)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
        def __call__(self, x):
            return {"y": self.factor * x}

    folder = tmp_path_factory.mktemp("doubles")
    model = Doubles()
    tf.saved_model.save(model, str(folder), signatures=model.__call__)
    return folder


@pytest.mark.parametrize(
    ("missing", "whole"),
    [("nothing", False), ("tensorflow.python.saved_model.loader_impl", True)],
    ids=["the parts are enough", "a part is elsewhere"],
)
def test_a_model_runs(doubles, missing, whole):
    assert json.loads(python(ASK, doubles, missing)) == {"y": [3.0], "whole": whole}


@pytest.mark.parametrize(("asked", "inlined"), [(False, "False"), (True, "True")])
def test_functions_are_inlined_unless_a_config_says_otherwise(tmp_path, asked, inlined):
    config = tmp_path / "session.config"
    text = "graph_options {{ optimizer_options {{ do_function_inlining: {} }} }}"
    config.write_text(text.format("true" if asked else "false"))
    assert python(INLINES, config).split() == ["True", inlined]


def test_lean_imports_come_first_or_not_at_all(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", object())

    with pytest.raises(RuntimeError, match="must come before"):
        lean_tensorflow.install()
