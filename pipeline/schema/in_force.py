"""The schema in force: the use case's own file, or what its latest run inferred."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.schema_gen.environments import UnknownLabelError, add_environments
from pipeline.config.paths import resolve_schema_file
from pipeline.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.config.models import PipelineConfig
    from pipeline.schema.evidence import Evidence


@dataclass(frozen=True)
class SchemaInForce:
    """A schema and where it comes from.

    Attributes:
        file: The file that says it.
        text: What the file says, with its comments.
        written: The text, parsed.
        curated: Whether people keep it (`schema.file`), or a run inferred it.
        effective: What the pipeline makes of it: with environments, and the label in every row.
    """

    file: Path
    text: str
    written: schema_pb2.Schema
    curated: bool
    effective: schema_pb2.Schema


def schema_in_force(
    config: PipelineConfig, use_case: Path, evidence: Evidence | None
) -> SchemaInForce:
    """Finds the schema that the next run holds its data against.

    Args:
        config: The configuration.
        use_case: Folder of the use case.
        evidence: What the latest run left; an inferred schema is there and nowhere else.

    Raises:
        ConfigurationError: `schema.file` is missing or no schema, or lacks the label.
        UsageError: The schema is to be inferred, and no run has done so yet.
    """
    curated = resolve_schema_file(config, use_case)
    file = curated or (evidence.inferred_schema if evidence else None)
    if file is None:
        raise UsageError(
            f"{config.name} has no schema yet: schema.file is not set, and no run in this home "
            "has inferred one; `tidemill run` does"
        )
    text = file.read_text(encoding="utf-8")
    written = parse_schema(file, text)
    return SchemaInForce(
        file, text, written, curated is not None, effective_schema(written, config.data.label)
    )


def parse_schema(file: Path, text: str) -> schema_pb2.Schema:
    """Parses a schema.

    Raises:
        ConfigurationError: The text is none; names the file and the line.
    """
    try:
        return text_format.Parse(text, schema_pb2.Schema())
    except text_format.ParseError as error:
        message = str(error).partition(" : ")[2] or str(error)
        raise ConfigurationError(
            f"{file}:{error.GetLine() or 1}: not a TFMD schema in text format: {message}"
        ) from error


def effective_schema(schema: schema_pb2.Schema, label: str | None) -> schema_pb2.Schema:
    """Returns what SchemaGen publishes of a schema.

    Raises:
        ConfigurationError: The label is no feature of the schema.
    """
    effective = schema_pb2.Schema()
    effective.CopyFrom(schema)
    try:
        add_environments(effective, label)
    except UnknownLabelError as error:
        raise ConfigurationError(str(error)) from error
    return effective
