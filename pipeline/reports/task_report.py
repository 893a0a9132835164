"""The report of some nodes of a run, one HTML page, and the figures beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.evaluation_artifact import overall_metrics
from components.schema_artifact import SCHEMA_FILE
from pipeline.reports import evaluation, statistics
from pipeline.reports.page import page, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.runs import NodeRecord, RunRecord


def report_of(record: RunRecord, artifacts: Iterable[Any]) -> str:
    """Returns the page.

    Args:
        record: What happened.
        artifacts: Messages of the artifacts that the nodes put out, of ML Metadata.
    """
    sections = [*_of_nodes(record)]
    for artifact in artifacts:
        sections.extend(_of_artifact(artifact.type, artifact.uri))
    return page(f"{record.pipeline}: {record.outcome.value}", sections)


def metrics_of(record: RunRecord, artifacts: Iterable[Any]) -> dict[str, float]:
    """Returns figures by name: seconds and rows of each node, and what Evaluator measured.

    Args:
        record: What happened.
        artifacts: Messages of the artifacts that the nodes put out, of ML Metadata.
    """
    values: dict[str, float] = {}
    for node, its in record.nodes.items():
        if its.seconds is not None:
            values[f"{node} seconds"] = its.seconds
        if its.rows is not None:
            values[f"{node} rows"] = its.rows
    for artifact in artifacts:
        if artifact.type == evaluation.TYPE:
            values.update(overall_metrics(artifact.uri))
    return values


def _of_nodes(record: RunRecord) -> Iterator[str]:
    rows = [_row(node, its) for node, its in record.nodes.items()]
    yield table("Nodes", ("node", "state", "seconds", "what happened"), rows)
    for node, its in record.nodes.items():
        if its.verdict is not None:
            title = f"{node}: {its.verdict['headline']}"
            yield table(title, its.verdict["columns"], its.verdict["rows"], its.verdict["advice"])


def _row(node: str, its: NodeRecord) -> tuple[str, ...]:
    seconds = "" if its.seconds is None else f"{its.seconds:.1f}"
    return node, its.state.value, seconds, its.cause or its.summary


def _of_artifact(kind: str, uri: str) -> Iterator[str]:
    if kind == statistics.TYPE:
        yield from statistics.sections(uri)
    elif kind == evaluation.TYPE:
        yield evaluation.section(uri)
    elif kind == "Schema":
        yield _schema(uri)


def _schema(uri: str) -> str:
    from google.protobuf import text_format
    from tensorflow_metadata.proto.v0 import schema_pb2
    from tfx.dsl.io import fileio

    from pipeline.schema.describe import FeatureLine, describe_schema

    with fileio.open(f"{uri}/{SCHEMA_FILE}", "r") as file:
        schema = text_format.Parse(file.read(), schema_pb2.Schema())
    return table("Schema", FeatureLine._fields, describe_schema(schema))
