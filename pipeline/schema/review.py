"""What `tidemill schema` looks at: a use case, its schema, the data of its latest run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.config.loading import load_config
from pipeline.errors import UsageError
from pipeline.schema.change import find_change
from pipeline.schema.evidence import Evidence, latest_evidence
from pipeline.schema.in_force import SchemaInForce, schema_in_force
from pipeline.schema.target import Target, target_of, text_of_new_file
from pipeline.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from pipeline.config.models import PipelineConfig
    from pipeline.places import Home
    from pipeline.schema.change import SchemaChange


@dataclass(frozen=True)
class OpenedSchema:
    """A use case and the schema in force.

    Attributes:
        use_case: Folder of the use case.
        config: Its configuration.
        in_force: The schema.
        evidence: What the latest run left, if any run left anything.
    """

    use_case: Path
    config: PipelineConfig
    in_force: SchemaInForce
    evidence: Evidence | None


@dataclass(frozen=True)
class Review:
    """A change, the data that asks for it and the file that would be written.

    Attributes:
        use_case: Folder of the use case.
        in_force: The schema that would change.
        evidence: The data.
        change: What would change.
        target: The file.
        text: What the file would say.
    """

    use_case: Path
    in_force: SchemaInForce
    evidence: Evidence
    change: SchemaChange
    target: Target
    text: str

    @property
    def is_change(self) -> bool:
        """Whether there is anything to write."""
        return self.text != self.target.before


def open_schema(use_case: Path, overrides: Sequence[str], home: Home) -> OpenedSchema:
    """Opens a use case and finds its schema.

    Raises:
        ConfigurationError: The use case, its configuration or the schema's file is wrong.
        UsageError: There is no schema yet.
    """
    case = UseCase.open(use_case)
    config = load_config(case.folder, overrides)
    evidence = latest_evidence(home, case.folder, config.name)
    return OpenedSchema(
        case.folder, config, schema_in_force(config, case.folder, evidence), evidence
    )


def review(
    use_case: Path, features: Collection[str], overrides: Sequence[str], home: Home
) -> Review:
    """Compares the schema with the data of the latest run.

    Args:
        use_case: Folder of the use case.
        features: The features to change; none for all that stop a run.
        overrides: Values of the `--set` options.
        home: Where runs lie.

    Raises:
        ConfigurationError: The use case, its configuration or the schema's file is wrong.
        UsageError: There is no schema or no run yet, or a feature has no anomaly.
    """
    opened = open_schema(use_case, overrides, home)
    if opened.evidence is None:
        raise UsageError(
            f"no run in {home.root} has statistics of {opened.config.name}'s data; "
            f"`tidemill run {use_case}` makes them"
        )
    target = target_of(opened.in_force, opened.use_case, opened.config.name)
    change = find_change(opened.config, opened.in_force, opened.evidence.statistics, features)
    if opened.in_force.curated:
        text = change.patched.text
    else:
        text = text_of_new_file(change.proposed, opened.evidence.run_id)
    return Review(opened.use_case, opened.in_force, opened.evidence, change, target, text)
