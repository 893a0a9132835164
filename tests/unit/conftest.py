"""Keeps the tests of this folder light."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session", autouse=True)
def without_tensorflow(request):
    """A test that needs TensorFlow, whose import takes seconds, belongs to `tests/tensorflow`."""
    yield
    alone = all(HERE in item.path.parents for item in request.session.items)
    if alone and "tensorflow" in sys.modules:
        pytest.fail("a file or a test of tests/unit imported TensorFlow; see without_tensorflow")
