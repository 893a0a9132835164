"""Lean imports: in time, or not at all."""

from __future__ import annotations

import pytest

from pipeline import lean_imports


def test_installing_late_is_refused(monkeypatch):
    monkeypatch.setitem(lean_imports.sys.modules, "apache_beam", object())
    before = list(lean_imports.sys.meta_path)

    with pytest.raises(RuntimeError, match=r"must be installed first; .*'apache_beam'"):
        lean_imports.install()

    assert lean_imports.sys.meta_path == before


SNIPPET = """
import importlib
import tensorflow, tfx.components, tfx_bsl
from tfx.dsl.io import fileio

def importable(name):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        return str(error)
    return "imported"

path = sys.argv[1]
with fileio.open(path, "w") as file:
    file.write("four")
filesystem = fileio._get_filesystem(path)
stat = filesystem.stat(path)
answer({
    "bare": [hasattr(tensorflow, "constant"), hasattr(tfx.components, "Trainer")],
    "submodule": importable("tensorflow.core.framework.types_pb2"),
    "beam": importable("apache_beam"),
    "beam below": importable("apache_beam.io"),
    "length": stat.length,
    "changed": stat.mtime_nsec,
})
"""


def test_packages_are_bare_or_refused(leanly, tmp_path):
    path = tmp_path / "file"
    answers = leanly(SNIPPET, str(path))

    assert answers["bare"] == [False, False]
    assert answers["submodule"] == "imported"
    assert answers["beam"] == answers["beam below"] == "apache_beam is left out by lean imports"
    assert answers["length"] == 4
    assert answers["changed"] == path.stat().st_mtime_ns


EXECUTORS = """
import importlib
import pipeline.local.node_launch
lean_imports.prepare_execution()
for path in lean_imports.LEAN_EXECUTORS:
    module, _, name = path.rpartition(".")
    getattr(importlib.import_module(module), name)
import pyarrow
from kubernetes import client, config
answer([name for name in ("tensorflow.python", "apache_beam", "pandas") if name in sys.modules])
"""


def test_executors_that_are_called_lean_are(leanly):
    assert leanly(EXECUTORS) == []
