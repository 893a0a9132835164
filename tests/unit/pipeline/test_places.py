"""Where things lie in a home."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.places import Home, is_run_id


def test_what_lies_in_a_home():
    home = Home(Path("/h"))

    assert [home.metadata, home.artifacts, home.models, home.runs, home.lock] == [
        Path("/h", name) for name in ("metadata.db", "artifacts", "models", "runs", "lock")
    ]


def test_what_lies_in_the_folder_of_a_run():
    folder = Home(Path("/h")).run("20261121-090507")

    assert folder.run_id == "20261121-090507"
    assert folder.record == Path("/h/runs/20261121-090507/run.json")
    assert folder.log("Trainer") == Path("/h/runs/20261121-090507/logs/Trainer.log")
    assert folder.result("Trainer") == Path("/h/runs/20261121-090507/results/Trainer.json")
    assert folder.request.parent == folder.compiled.parent == folder.root


@pytest.mark.parametrize("name", ["20261121-090507", "20261121-090507-12"])
def test_a_run_id(name):
    assert is_run_id(name)


@pytest.mark.parametrize("name", ["", "latest", "20261121", "20261121-090507-", "x20261121-090507"])
def test_no_run_id(name):
    assert not is_run_id(name)
