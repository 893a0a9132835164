"""A small use case in a temporary folder, with relative paths as a person sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config.loading import load_config
from pipeline.errors import ConfigurationError

MINIMAL = """\
data:
  path: data/*.csv
transform:
  label: big_tip
evaluator:
  metrics:
    AUC: {min: 0.7}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder holds `taxi/pipeline.yaml`; returns the relative path of `taxi`."""
    monkeypatch.chdir(tmp_path)
    path = Path("taxi")
    path.mkdir()
    (path / "pipeline.yaml").write_text(MINIMAL, encoding="utf-8")
    return path


@pytest.fixture
def write(folder):
    """Writes `pipeline.yaml`."""

    def write_config(text):
        (folder / "pipeline.yaml").write_text(text, encoding="utf-8")

    return write_config


@pytest.fixture
def problems(folder):
    """Loads a configuration that is wrong; returns the problems that are told."""

    def find_problems(*overrides, use_case=folder, **environ):
        with pytest.raises(ConfigurationError) as caught:
            load_config(use_case, overrides, environ)
        assert caught.value.exit_status == 2
        return list(caught.value.problems)

    return find_problems
