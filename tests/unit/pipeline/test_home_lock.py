"""One run at a time in a home; the lock dies with its holder."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.home_lock import HomeBusyError, locked
from pipeline.places import Home

_HOLD = """
import sys
from pathlib import Path
from pipeline.home_lock import locked
from pipeline.places import Home
with locked(Home(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@contextmanager
def another_run(home):
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(home.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[3],
    )
    try:
        assert process.stdout.readline() == b"held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_second_run_is_told_who_holds_the_home(home):
    with another_run(home) as other:
        with pytest.raises(HomeBusyError, match=rf"process {other.pid}; wait for it") as caught:
            locked(home).__enter__()
        assert caught.value.holder == str(other.pid)
        assert caught.value.exit_status == 2


def test_a_lock_left_by_a_killed_process_is_no_obstacle(home):
    with another_run(home) as other:
        other.kill()
        other.wait()
        assert home.lock.read_text() == str(other.pid)
        with locked(home):
            assert home.lock.read_text() == str(os.getpid())


def test_one_run_after_another(home):
    with locked(home):
        pass
    with locked(home):
        pass
    assert home.lock.read_text() == ""


def test_a_run_that_fails_lets_go(home):
    with pytest.raises(KeyError), locked(home):
        raise KeyError
    with locked(home):
        pass
