"""What a container may use."""

from __future__ import annotations

import math

import pytest

from pipeline.container_limits import container_limits

GIB = 2**30


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "150000 100000\n", "memory.max": f"{2 * GIB}\n"}, (1.5, 2 * GIB)),
        ({"cpu.max": "max 100000\n", "memory.max": "max\n"}, (math.inf, math.inf)),
        (
            {
                "cpu/cpu.cfs_quota_us": "50000",
                "cpu/cpu.cfs_period_us": "100000",
                "memory/memory.limit_in_bytes": str(GIB),
            },
            (0.5, GIB),
        ),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, (math.inf, math.inf)),
        ({}, (math.inf, math.inf)),
    ],
)
def test_of_both_versions_of_control_groups(tmp_path, files, expected):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="ascii")

    assert container_limits(tmp_path) == expected
