"""Which process a process id means: ids are given out again, after a reboot from the start."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_PROC = Path("/proc")
_BOOT = _PROC / "sys/kernel/random/boot_id"
# Positions in /proc/PID/stat after the name in parentheses, which may hold anything.
_STATE, _STARTED = 0, 19
_ENDED_STATES = ("Z", "X")


def birth_of(pid: int) -> str:
    """Returns what tells a process from others that had or will have its id.

    Args:
        pid: Id of a process.

    Returns:
        The boot of the machine and the process's start since then; empty if there is no such
        process, or no `/proc` to ask.
    """
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        boot = _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[_STATE] in _ENDED_STATES else f"{boot}/{fields[_STARTED]}"


def is_alive(pid: int, birth: str) -> bool:
    """Whether a process still runs.

    Args:
        pid: Its id.
        birth: What `birth_of` said of it; empty if that is not known.
    """
    if not (_PROC / "self").exists():
        return _signalable(pid)
    now = birth_of(pid)
    return now == birth if birth else bool(now)


def _signalable(pid: int) -> bool:
    with contextlib.suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
