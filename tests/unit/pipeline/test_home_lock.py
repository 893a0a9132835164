"""One run at a time in a home; the lock dies with its holder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline import home_lock
from pipeline.home_lock import HomeBusyError, locked
from pipeline.places import Home

_HOLD = """
import subprocess, sys
from pathlib import Path
from pipeline.home_lock import locked
from pipeline.places import Home
with locked(Home(Path(sys.argv[1]))) as lock:
    print("held", flush=True)
    if sys.argv[2]:
        child = subprocess.Popen([sys.executable, "-c", sys.argv[2]], pass_fds=(lock,))
        print(child.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@contextmanager
def another_run(home, starts=""):
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(home.root), starts],
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
        assert home.lock.read_text().split()[0] == str(other.pid)
        with locked(home):
            assert home.lock.read_text().split()[0] == str(os.getpid())


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


def test_the_nodes_of_a_killed_run_are_waited_for(home):
    orphan = "import sys; sys.stdin.read()"
    with another_run(home, starts=orphan) as other:
        child = int(other.stdout.readline())
        other.kill()
        other.wait()
        waiting = threading.Timer(0.3, os.kill, (child, signal.SIGKILL))
        waiting.start()
        with locked(home):
            assert waiting.finished.is_set()


def test_nodes_that_do_not_end_are_told_by_the_run_they_belong_to(home, monkeypatch):
    monkeypatch.setattr(home_lock, "_ORPHANS_SECONDS", 0.2)
    with another_run(home, starts="import sys; sys.stdin.read()") as other:
        child = int(other.stdout.readline())
        other.kill()
        other.wait()
        try:
            with pytest.raises(HomeBusyError, match=f"process {other.pid};"):
                locked(home).__enter__()
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_process_id_that_was_given_out_again_is_not_taken_for_the_holder(home, monkeypatch):
    waits = []
    monkeypatch.setattr(home_lock, "_ORPHANS_SECONDS", 0.2)
    monkeypatch.setattr(home_lock.time, "sleep", waits.append)
    with another_run(home):
        home.lock.write_text(f"{os.getpid()} another boot/17")
        with pytest.raises(HomeBusyError):
            locked(home).__enter__()
    assert waits  # as for a run that was killed
