"""Which process an id means."""

from __future__ import annotations

import os
import subprocess
import sys

from pipeline import processes
from pipeline.processes import birth_of, is_alive


def test_a_process_keeps_its_birth_and_shares_it_with_no_other():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        births = {birth_of(os.getpid()), birth_of(os.getpid()), birth_of(other.pid)}
        other.communicate()

    assert len(births) == 2
    assert "" not in births


def test_what_ended_is_not_alive_even_before_anybody_noticed():
    process = subprocess.Popen([sys.executable, "-c", ""])
    birth = birth_of(process.pid)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    assert birth
    assert not is_alive(process.pid, birth)  # a zombie
    process.wait()
    assert not is_alive(process.pid, birth)
    assert not is_alive(process.pid, "")


def test_another_process_of_the_same_id_is_another():
    assert is_alive(os.getpid(), birth_of(os.getpid()))
    assert is_alive(os.getpid(), "")
    assert not is_alive(os.getpid(), "the boot before/1")


def test_without_proc_a_signal_tells(monkeypatch, tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    monkeypatch.setattr(processes, "_PROC", tmp_path)

    assert is_alive(os.getpid(), "")
    assert is_alive(1, "")
    assert not is_alive(process.pid, "")
