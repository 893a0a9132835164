"""Runs snippets that need TFX's DSL in a process of their own, with lean imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_START = """
import json, sys
from pipeline import lean_imports
lean_imports.install()
from google.protobuf import wrappers_pb2
def answer(value):
    sys.stdout.write(json.dumps(value))
"""


def run_leanly(snippet: str, *arguments: str) -> object:
    """Runs a snippet that calls `answer(value)` once; returns the value."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "examples")])
    done = subprocess.run(
        [sys.executable, "-c", _START + snippet, *arguments],
        env={**os.environ, "PYTHONPATH": path},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def leanly():
    """Returns `run_leanly(snippet, *arguments)`."""
    return run_leanly
