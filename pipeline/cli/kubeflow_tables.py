"""Tables about runs and schedules on Kubeflow."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from pipeline.kubeflow.client.schedule_timing import upcoming

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.kubeflow.client.overview import RunLine
    from pipeline.kubeflow.client.schedule_plan import Schedule


def kubeflow_runs_table(lines: Iterable[RunLine]) -> Table:
    """Returns one line for each run."""
    table = _table("run", "started (UTC)", "pipeline", "by", "took", "outcome", "pushed")
    for line in lines:
        table.add_row(
            line.run_id,
            f"{line.created.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S}",
            escape(line.pipeline),
            escape(line.by),
            _took(line.seconds),
            escape(line.outcome),
            line.pushed,
        )
    return table


def schedules_table(schedules: Iterable[Schedule], now: datetime) -> Table:
    """Returns one line for each schedule.

    Args:
        schedules: The schedules.
        now: The time.
    """
    table = _table("schedule", "when", "state", "next", "id")
    for each in schedules:
        table.add_row(
            escape(each.name),
            escape(_when(each)),
            "on" if each.enabled else "paused",
            _next(each, now),
            each.schedule_id,
        )
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    for heading in headings:
        # What another command takes stays in one piece.
        table.add_column(heading, overflow="fold", no_wrap=heading in ("run", "schedule", "id"))
    return table


def _when(each: Schedule) -> str:
    if each.timing is not None:
        return each.timing.in_words()
    return each.trigger.cron or f"every {each.trigger.interval} s"


def _next(each: Schedule, now: datetime) -> str:
    if each.timing is None or not each.enabled:
        return ""
    moments = upcoming(each.timing, each.trigger, now, 1)
    return f"{moments[0]:%Y-%m-%d %H:%M} {each.timing.timezone}" if moments else "never again"


def _took(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
