"""Intervals of schedules."""

from __future__ import annotations

import pytest

from pipeline.errors import UsageError
from pipeline.kubeflow.client.intervals import interval_text, parse_interval


@pytest.mark.parametrize(
    ("text", "seconds", "written"),
    [
        ("6h", 21600, "6h"),
        ("90m", 5400, "1h30m"),
        ("1d 12h", 129600, "1d12h"),
        ("1D", 86400, "1d"),
        ("60s", 60, "1m"),
    ],
)
def test_intervals(text, seconds, written):
    assert parse_interval(text) == seconds
    assert interval_text(seconds) == written


@pytest.mark.parametrize("text", ["", "6", "6 hours", "h", "-6h", "30s", "0h", "12h1d"])
def test_what_is_no_interval(text):
    with pytest.raises(UsageError, match="--every"):
        parse_interval(text)
