"""What the process of a node makes of what the node raises."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from pipeline.local import node_process
from pipeline.places import Home

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

    result = node_process._launch(None, "Trainer", Home(tmp_path), cache_only=False)

    assert result.cause == "RuntimeError: indices[0,0] = 7 is not in [0, 3)"


@pytest.mark.parametrize(
    ("service", "place"),
    [(None, "{home}/metadata.db"), ("metadata:8080", "the metadata service metadata:8080")],
)
def test_sql_is_for_the_log_alone(tmp_path, service, place):
    error = RuntimeError(
        "Cannot create node for goo.gle/debugproto type_id: 16\nname: 'x'Error when executing "
        "query: database or disk is full query:  INSERT INTO `Execution`(\n`type_id`) VALUES (1);"
    )
    cause = node_process.cause_of(error, Home(tmp_path, service))

    assert (
        cause == f"{place.format(home=tmp_path)}: the disk is full; free some space and run again"
    )
