"""What the container that this process runs in may use, as the kernel's control groups say.

Source: Linux, Documentation/admin-guide/cgroup-v2.rst (`cpu.max`, `memory.max`) and cgroup-v1
(`cpu.cfs_quota_us`, `memory.limit_in_bytes`).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

_ROOT = Path("/sys/fs/cgroup")


class Limits(NamedTuple):
    """Limits of a container; infinite where there are none.

    Attributes:
        cpus: CPU cores, possibly a fraction.
        memory_bytes: Memory.
    """

    cpus: float
    memory_bytes: float


def container_limits(root: Path = _ROOT) -> Limits:
    """Reads the limits; a container sees its own control group at the root.

    Args:
        root: Where control groups are mounted.
    """
    quota, _, period = _read(root / "cpu.max").partition(" ")
    if not quota:
        quota = _read(root / "cpu" / "cpu.cfs_quota_us")
        period = _read(root / "cpu" / "cpu.cfs_period_us")
    memory = _read(root / "memory.max") or _read(root / "memory" / "memory.limit_in_bytes")
    cpus = int(quota) / int(period) if quota.isdigit() and period.isdigit() else math.inf
    return Limits(cpus, int(memory) if memory.isdigit() else math.inf)


def _read(path: Path) -> str:
    return path.read_text(encoding="ascii").strip() if path.is_file() else ""
