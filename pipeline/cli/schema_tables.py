"""Tables and lines about schemas."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipeline.schema.describe import FeatureLine, describe_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from components.example_validator.findings import Finding
    from pipeline.schema.in_force import SchemaInForce
    from pipeline.schema.review import OpenedSchema, Review

_MAY_WRAP = "domain"
_LINE_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def schema_table(opened: OpenedSchema) -> Table:
    """Returns what a schema says, one line for each feature."""
    title = f"{opened.config.name}: {_origin(opened.in_force)}"
    table = Table(
        box=None,
        title=escape(title),
        title_justify="left",
        header_style="bold",
        padding=(0, 2, 0, 0),
        pad_edge=False,
    )
    for heading in FeatureLine._fields:
        table.add_column(heading, no_wrap=heading != _MAY_WRAP, overflow="fold")
    for line in describe_schema(opened.in_force.effective):
        table.add_row(*(escape(cell) for cell in line))
    return table


def review_lines(review: Review) -> Iterator[RenderableType]:
    """Yields what a person reviews: the findings, the changed lines, and what remains."""
    change, path = review.change, review.target.path
    yield escape(f"data of run {review.evidence.run_id}: {review.evidence.data}")
    if review.evidence.later_runs:
        later = ", ".join(review.evidence.later_runs)
        yield escape(f"(the latest whose data got as far as statistics; later: {later})")
    yield escape(_origin(review.in_force))
    if change.findings:
        yield _findings_table(review)
    else:
        yield "The data fits the schema."
    if review.is_change:
        yield Text("\n").join(_diff(review.target.before, review.text, path))
    for comment in change.patched.lost_comments if review.in_force.curated else ():
        yield escape(f"a comment would be lost: {comment}")
    yield from _conclusion(review)


def _conclusion(review: Review) -> Iterator[str]:
    remaining = list(dict.fromkeys(finding.feature for finding in review.change.remaining))
    if remaining:
        yield escape(f"The run would still be stopped by {', '.join(remaining)}.")
    elif review.change.changes:
        yield "With this change the data passes."
    if not review.is_change:
        yield "There is nothing to accept."
    elif not review.in_force.curated:
        yield escape(
            f"The schema is inferred anew from the data of each run, until {review.target.path} "
            "is made of it and curated."
        )


def _origin(in_force: SchemaInForce) -> str:
    origin = "curated schema" if in_force.curated else "inferred schema"
    return f"{origin} {_near(in_force.file)}"


def _findings_table(review: Review) -> Table:
    table = Table(box=box.SIMPLE)
    for heading in ("feature", "anomaly", "split", "example values", "change of the schema"):
        table.add_column(heading, overflow="fold")
    for (feature, kind), found in _by_anomaly(review.change.findings).items():
        first = found[0]
        instead = "allowed" if first.allowed else first.advice
        cells = (
            feature,
            f"{first.description}\n{kind}",
            ", ".join(dict.fromkeys(finding.split for finding in found)),
            first.values,
            review.change.changes.get(feature) or instead,
        )
        table.add_row(*(escape(cell) for cell in cells))
    return table


def _by_anomaly(findings: Sequence[Finding]) -> dict[tuple[str, str], list[Finding]]:
    """Gathers what is the same in several splits."""
    gathered: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        gathered.setdefault((finding.feature, finding.kind), []).append(finding)
    return gathered


def _diff(before: str | None, after: str, path: Path) -> Iterator[Text]:
    old = "/dev/null" if before is None else _near(path)
    lines = difflib.unified_diff(
        (before or "").splitlines(), after.splitlines(), old, _near(path), lineterm=""
    )
    for line in lines:
        yield Text(line, style=_LINE_STYLES.get(line[:1], ""))


def _near(path: Path) -> str:
    """Returns a path from here, where it is below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
