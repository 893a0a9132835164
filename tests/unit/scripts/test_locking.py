import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

HOLD = """
import subprocess, sys
from pathlib import Path
from scripts.environment.locking import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    exec(sys.argv[2])
"""
WAIT_FOR_INPUT = "sys.stdin.read()"
LEAVE_A_CHILD = "subprocess.Popen(['cat'], stdout=subprocess.DEVNULL, close_fds=False)"


def start(lock, then):
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock), then],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_the_second_says_that_it_waits_and_goes_on_when_the_first_ends(tmp_path):
    lock = tmp_path / "state" / "lock"
    with start(lock, WAIT_FOR_INPUT) as first:
        assert first.stdout.readline() == "held\n"
        with start(lock, "pass") as second:
            assert "another set-up is at work" in second.stdout.readline()
            first.stdin.close()
            assert second.stdout.readline() == "held\n"


def test_a_tool_that_outlives_a_killed_set_up_keeps_the_lock(tmp_path):
    lock = tmp_path / "lock"
    with start(lock, f"{LEAVE_A_CHILD}; print('child', flush=True); sys.stdin.read()") as first:
        assert first.stdout.readline() == "held\n"
        assert first.stdout.readline() == "child\n"
        first.kill()
        first.wait()
        with start(lock, "pass") as second:
            assert "another set-up is at work" in second.stdout.readline()
            first.stdin.close()
            assert second.stdout.readline() == "held\n"
