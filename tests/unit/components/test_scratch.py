"""Where an executor puts temporary files."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from components.scratch import local_scratch


def context(folder):
    return SimpleNamespace(get_tmp_path=lambda: folder)


def test_the_folder_that_the_launcher_removes(tmp_path):
    folder = local_scratch(context(f"{tmp_path}/runs/7/"))

    assert Path(folder) == tmp_path / "runs" / "7"
    assert Path(folder).is_dir()


@pytest.mark.parametrize("outside", [None, context("gs://bucket/runs/7/")])
def test_without_a_local_one_it_is_the_systems(outside):
    assert local_scratch(outside) is None
