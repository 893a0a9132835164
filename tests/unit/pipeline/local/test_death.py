"""How a node's process ended, in words."""

from __future__ import annotations

import errno
import signal

import pytest

from pipeline.local.death import cause_of_death, exit_status_of, oom_kills


@pytest.mark.parametrize(
    ("status", "out_of_memory", "cause"),
    [
        (3 << 8, False, "its process ended with exit status 3"),
        (0, True, "its process ended with exit status 0"),
        (signal.SIGSEGV, False, "killed by SIGSEGV"),
        (signal.SIGSEGV | 0x80, True, "killed by SIGSEGV"),  # 0x80: a core was dumped
        (signal.SIGKILL, False, "killed by SIGKILL"),
        (
            signal.SIGKILL,
            True,
            (
                "killed by the kernel for lack of memory; "
                "use less data at a time or a machine with more"
            ),
        ),
    ],
)
def test_why_a_process_died(status, out_of_memory, cause):
    assert cause_of_death(status, out_of_memory=out_of_memory) == cause


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OSError(errno.ENOSPC, "full"), "could not write its files; is the disk full"),
        (OSError(errno.ENOENT, "gone"), "its process ended with exit status 1"),
        (ValueError(), "its process ended with exit status 1"),
    ],
)
def test_a_process_that_could_not_leave_a_result(error, cause):
    said = cause_of_death(exit_status_of(error) << 8, out_of_memory=False)
    assert said.startswith(cause)


@pytest.mark.parametrize(
    ("text", "kills"), [("pgfault 9\noom_kill 4\n", 4), ("oom_kill_x 4\n", 0), ("", 0)]
)
def test_the_kernels_counter(tmp_path, text, kills):
    counters = tmp_path / "vmstat"
    counters.write_text(text)

    assert oom_kills(counters) == kills


def test_a_machine_without_that_counter(tmp_path):
    assert oom_kills(tmp_path / "vmstat") == 0
