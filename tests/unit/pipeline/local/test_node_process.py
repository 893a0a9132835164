"""What the process of a node makes of what the node raises."""

from __future__ import annotations

import sys
from types import SimpleNamespace

from pipeline.local import node_process

TENSORFLOWS = """\
Graph execution error:

Detected at node sequential/embedding/GatherV2 defined at (most recent call last):
  File "/taxi/model.py", line 6, in run_fn

  File "/keras/src/backend/tensorflow/trainer.py", line 399, in fit

indices[0,0] = 7 is not in [0, 3)
\t [[{{node sequential/embedding/GatherV2}}]] [Op:__inference_multi_step_on_iterator_914]"""


def test_an_error_of_tensorflow_is_told_by_its_cause(monkeypatch, tmp_path):
    def launch_node(*_, **__):
        raise RuntimeError(TENSORFLOWS)

    launching = SimpleNamespace(launch_node=launch_node)
    connecting = SimpleNamespace(connection_of=lambda _: None)
    monkeypatch.setitem(sys.modules, "pipeline.local.node_launch", launching)
    monkeypatch.setitem(sys.modules, "pipeline.local.connection", connecting)

    result = node_process._launch(None, "Trainer", tmp_path, cache_only=False)

    assert result.cause == "RuntimeError: indices[0,0] = 7 is not in [0, 3)"
