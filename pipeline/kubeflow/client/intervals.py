"""Intervals of schedules, such as `6h`."""

from __future__ import annotations

import re

from pipeline.errors import UsageError

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_INTERVAL = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_LEAST_SECONDS = 60


def parse_interval(text: str) -> int:
    """Returns the seconds of an interval, such as `6h`, `1d12h` or `90m`.

    Raises:
        UsageError: It is none, or shorter than a minute.
    """
    match = _INTERVAL.fullmatch(text.replace(" ", "").lower())
    if not match or not any(match.groups()):
        raise UsageError(f"--every {text}: give days, hours or minutes, such as 6h, 1d12h or 90m")
    counts = (int(count or 0) for count in match.groups())
    seconds = sum(count * unit for count, unit in zip(counts, _UNITS.values(), strict=True))
    if seconds < _LEAST_SECONDS:
        raise UsageError(f"--every {text}: must be a minute or more")
    return seconds


def interval_text(seconds: int) -> str:
    """Returns an interval as a person writes it: `1d12h`."""
    parts = []
    for name, unit in _UNITS.items():
        count, seconds = divmod(seconds, unit)
        if count:
            parts.append(f"{count}{name}")
    return "".join(parts)
