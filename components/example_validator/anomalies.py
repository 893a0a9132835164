"""The data gate's verdict: findings as a table for people, and whether they stop the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.example_validator.findings import Finding, findings_of, is_absent_label
from components.gates import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.example_validator.allowance import Allowance
    from components.example_validator.findings import SplitAnomalies

COLUMNS = ("split", "feature", "anomaly", "example values", "kind", "what to do")
ALLOWED = "allowed"
_NOTHING_DONE = "nothing was trained or pushed"
_ADVICE = (
    "mend the data and run again; or change the schema (`tidemill schema diff`, then `accept`); "
    f"or let it only warn (data.allow); {_NOTHING_DONE}"
)
_LABEL_ADVICE = (
    f"mend the data and run again: no row is learned from without a label; {_NOTHING_DONE}"
)


def verdict_of(
    splits: Sequence[SplitAnomalies],
    label: str | None = None,
    allow: Sequence[Allowance] = (),
) -> Verdict:
    """Returns the data gate's verdict: any anomaly that is not allowed stops the run.

    Args:
        splits: Anomalies and statistics of each split.
        label: Raw feature that every row must have, whatever is allowed.
        allow: What only warns.
    """
    findings = findings_of(splits, label, allow)
    stopping = [finding for finding in findings if not finding.allowed]
    if stopping:
        headline, advice = _headline(stopping), _ADVICE
        if all(is_absent_label(f.feature, f.kind, label) for f in stopping):
            advice = _LABEL_ADVICE
        others = len(findings) - len(stopping)
        if others:
            headline += f"; {others} more allowed"
    elif findings:
        headline, advice = f"{_headline(findings)}: allowed by data.allow", ""
    else:
        names = ", ".join(split.split for split in splits)
        headline, advice = f"no anomalies in {names}", ""
    return Verdict(
        passed=not stopping,
        headline=headline,
        columns=COLUMNS,
        rows=tuple(map(_row, findings)),
        advice=advice,
        warns=bool(findings) and not stopping,
    )


def _headline(findings: Sequence[Finding]) -> str:
    features = sorted({finding.feature for finding in findings})
    count = "1 anomaly" if len(findings) == 1 else f"{len(findings)} anomalies"
    return f"{count} in {', '.join(features)}"


def _row(finding: Finding) -> tuple[str, ...]:
    advice = ALLOWED if finding.allowed else finding.advice
    return (
        finding.split,
        finding.feature,
        finding.description,
        finding.values,
        finding.kind,
        advice,
    )
