"""How a node's process ended, in words."""

from __future__ import annotations

import signal

import pytest

from pipeline.local import worker
from pipeline.local.worker import cause_of_death


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
    ("text", "kills"), [("pgfault 9\noom_kill 4\n", 4), ("oom_kill_x 4\n", 0), ("", 0)]
)
def test_the_kernels_counter(tmp_path, monkeypatch, text, kills):
    counter = tmp_path / "vmstat"
    counter.write_text(text)
    monkeypatch.setattr(worker, "_OOM_COUNTER", counter)

    assert worker._oom_kills() == kills


def test_a_machine_without_that_counter(tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "_OOM_COUNTER", tmp_path / "vmstat")

    assert worker._oom_kills() == 0
