"""Why a node's process ended without leaving a result."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

# Exit status of a node's process that could not even write its result: EX_IOERR of sysexits.h.
_UNWRITABLE = 74
_DISK_ERRORS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EACCES}
)
_KERNEL_COUNTERS = Path("/proc/vmstat")


def exit_status_of(error: BaseException) -> int:
    """Returns what a node's process exits with when it cannot leave a result."""
    on_disk = isinstance(error, OSError) and error.errno in _DISK_ERRORS
    return _UNWRITABLE if on_disk else 1


def cause_of_death(status: int, *, out_of_memory: bool) -> str:
    """Says why a node's process ended without a result.

    Args:
        status: What `os.waitpid` returned.
        out_of_memory: Whether the kernel killed some process for lack of memory meanwhile.
    """
    if not os.WIFSIGNALED(status):
        exit_status = os.waitstatus_to_exitcode(status)
        if exit_status == _UNWRITABLE:
            return "could not write its files; is the disk full, or a limit reached?"
        return f"its process ended with exit status {exit_status}"
    name = signal.Signals(os.WTERMSIG(status)).name
    if name == "SIGKILL" and out_of_memory:
        return (
            "killed by the kernel for lack of memory; "
            "use less data at a time or a machine with more"
        )
    return f"killed by {name}"


def oom_kills(counters: Path = _KERNEL_COUNTERS) -> int:
    """Returns how many processes the kernel has killed for lack of memory since it started.

    Args:
        counters: The kernel's; a machine without them counts as one that has killed none.
    """
    if not counters.exists():
        return 0
    lines = counters.read_text(encoding="ascii").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
