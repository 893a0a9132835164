"""Signals that end a node cleanly.

TFX marks an execution as failed when the executor raises an `Exception`. Left to themselves,
SIGTERM kills the process and Ctrl-C raises a `BaseException`: either leaves it RUNNING for ever.
"""

from __future__ import annotations

import ctypes
import os
import signal
from typing import TYPE_CHECKING

from components.interruption import NodeInterruptedError

if TYPE_CHECKING:
    from types import FrameType

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def raise_on_sigterm() -> None:
    """Makes SIGTERM raise `NodeInterruptedError` in this process; SIGINT is left to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    # A second one while the first is handled must not break the handling.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise NodeInterruptedError("stopped: the run was cancelled")


def end_with_parent(parent_pid: int) -> None:
    """Has the kernel send SIGTERM to this process when its parent dies, however that happens.

    Args:
        parent_pid: The parent as seen before the fork, to notice that it is already gone.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent_pid:
        os.kill(os.getpid(), signal.SIGTERM)
