"""Holds the statistics of splits against a schema, and learns one from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components import data_validation
from components.example_validator import findings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tensorflow_metadata.proto.v0 import schema_pb2

Statistics = dict[str, data_validation.StatisticsList]


def read_statistics(files: Mapping[str, Path]) -> Statistics:
    """Reads the statistics of each split.

    Raises:
        google.protobuf.message.DecodeError: A file holds something else.
    """
    return {
        split: data_validation.StatisticsList.FromString(path.read_bytes())
        for split, path in files.items()
    }


def find_anomalies(
    statistics: Statistics, schema: schema_pb2.Schema
) -> list[findings.SplitAnomalies]:
    """Returns the anomalies of each split, as the data gate finds them.

    Args:
        statistics: Statistics by split.
        schema: The schema in force, with the environment TRAINING.
    """
    return [findings.find_anomalies(split, its, schema) for split, its in statistics.items()]


def infer_schema(statistics: Statistics, *, infer_shapes: bool) -> schema_pb2.Schema:
    """Returns the schema that fits all splits and nothing but them."""
    first, *others = statistics.values()
    schema = data_validation.infer_schema(first, infer_shapes=infer_shapes)
    # The first ones again: a range that later ones widened may have been a boolean before.
    for its in [*others, first]:
        schema = data_validation.update_schema(schema, its)
    return schema


def update_schema(schema: schema_pb2.Schema, statistics: Statistics) -> schema_pb2.Schema:
    """Returns the schema, changed until all splits fit."""
    for its in statistics.values():
        schema = data_validation.update_schema(schema, its)
    return schema
