"""What new data would change in the schema in force: findings, the changed text, what remains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.example_validator.allowance import anomaly_kinds, parse_allowance
from components.example_validator.findings import Finding, findings_of, is_absent_label
from pipeline.errors import UsageError
from pipeline.schema import validation
from pipeline.schema.describe import describe_change
from pipeline.schema.in_force import effective_schema
from pipeline.schema.proposal import learnable, merge, prepare
from pipeline.schema.text_patch import Patched, patch_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from tensorflow_metadata.proto.v0 import schema_pb2

    from pipeline.config.models import PipelineConfig
    from pipeline.schema.in_force import SchemaInForce


@dataclass(frozen=True)
class SchemaChange:
    """A reviewed proposal.

    Attributes:
        findings: What does not fit the schema in force.
        changes: What the proposal changes, in words, by feature.
        proposed: The changed schema.
        patched: The schema's text with the change; the old text where nothing changes.
        remaining: What would not fit the changed schema either, and is not allowed.
    """

    findings: Sequence[Finding]
    changes: Mapping[str, str]
    proposed: schema_pb2.Schema
    patched: Patched
    remaining: Sequence[Finding]


def find_change(
    config: PipelineConfig,
    in_force: SchemaInForce,
    statistics_files: Mapping[str, Path],
    features: Collection[str] = (),
) -> SchemaChange:
    """Finds out how the schema has to change for a run's data to fit.

    Args:
        config: Names the label and what is allowed.
        in_force: The schema to change.
        statistics_files: Statistics of the data, by split.
        features: The features to change; none for all that stop a run.

    Raises:
        UsageError: One of `features` has no anomaly.
    """
    statistics = validation.read_statistics(statistics_files)
    findings = _findings(config, statistics, in_force.effective)
    inferred = validation.infer_schema(statistics, infer_shapes=config.schema_.infer_shapes)
    chosen = learnable(_choose(findings, features, config.data.label), inferred)
    prepared = prepare(in_force.effective, inferred, chosen)
    updated = validation.update_schema(prepared, statistics)
    proposed = merge(in_force.written, updated, chosen, config.data.label)
    effective = effective_schema(proposed, config.data.label)
    changes = {name: describe_change(name, in_force.effective, effective) for name in chosen}
    remaining = _findings(config, statistics, effective) if any(changes.values()) else findings
    return SchemaChange(
        findings,
        {name: change for name, change in changes.items() if change},
        proposed,
        patch_text(in_force.text, in_force.written, proposed),
        [finding for finding in remaining if not finding.allowed],
    )


def _findings(
    config: PipelineConfig, statistics: validation.Statistics, schema: schema_pb2.Schema
) -> list[Finding]:
    kinds = anomaly_kinds()
    allow = [parse_allowance(entry, kinds) for entry in config.data.allow]
    return findings_of(validation.find_anomalies(statistics, schema), config.data.label, allow)


def _choose(
    findings: Sequence[Finding], features: Collection[str], label: str | None
) -> dict[str, set[str]]:
    """Returns the kinds of anomalies by feature, for the features that are to change."""
    with_anomaly = list(dict.fromkeys(finding.feature for finding in findings))
    unknown = [name for name in features if name not in with_anomaly]
    if unknown:
        known = ", ".join(with_anomaly) or "no feature"
        raise UsageError(
            f"{unknown[0]} is no feature with an anomaly, nor the folder of a use case; "
            f"there are anomalies in {known}"
        )
    chosen: dict[str, set[str]] = {}
    for finding in findings:
        wanted = finding.feature in features if features else not finding.allowed
        if wanted and not is_absent_label(finding.feature, finding.kind, label):
            chosen.setdefault(finding.feature, set()).add(finding.kind)
    return chosen
