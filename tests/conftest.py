"""What all tests share."""

from __future__ import annotations

import gc

import pytest
from lean_snippets import LeanProcess


def pytest_collection_finish():
    """Spares garbage collection what was imported: it takes seconds, most of all at exit."""
    gc.freeze()


@pytest.fixture(scope="session")
def leanly():
    """Runs snippets that need TFX's DSL, apart and with lean imports; see `LeanProcess.run`."""
    process = LeanProcess()
    yield process.run
    process.close()
