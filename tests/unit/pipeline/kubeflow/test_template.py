"""Compiling in a process of its own, when that process fails."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from pipeline.cli.main import main

PENGUIN = Path(__file__).resolve().parents[4] / "examples" / "penguin"
COMPILE = ("compile", str(PENGUIN), "--set", "kubeflow.image=tidemill:1")
FAILS = """#!/bin/sh
echo 'Traceback (most recent call last):' >&2
echo '  File "tfx/dsl/deep.py", line 7, in inside' >&2
echo 'ValueError: nobody expected this' >&2
exit 1
"""


@pytest.fixture
def failing_python(monkeypatch, tmp_path):
    python = tmp_path / "python"
    python.write_text(FAILS)
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.mark.usefixtures("failing_python")
def test_what_the_process_said_is_saved(capsys):
    assert main(COMPILE) == 1

    said = capsys.readouterr().err
    found = re.fullmatch(
        r"tidemill: unexpected error: \S*TemplateError: the pipeline could not be compiled: "
        r"ValueError: nobody expected this \(traceback: (.*)\)\n",
        said,
    )
    assert found, said
    assert 'File "tfx/dsl/deep.py", line 7' in Path(found[1]).read_text()


@pytest.mark.usefixtures("failing_python")
def test_what_the_process_said_is_shown_with_debug(capsys):
    assert main(["--debug", *COMPILE]) == 1
    assert 'File "tfx/dsl/deep.py", line 7' in capsys.readouterr().err
