"""Holds statistics against a schema, and learns one from them, with TensorFlow Data Validation.

Its import takes seconds: what only shows a schema does not come here.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.example_validator.findings import SplitAnomalies
from components.schema_gen.environments import TRAINING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Statistics = dict[str, statistics_pb2.DatasetFeatureStatisticsList]


def read_statistics(files: Mapping[str, Path]) -> Statistics:
    """Reads the statistics of each split.

    Raises:
        google.protobuf.message.DecodeError: A file holds something else.
    """
    return {
        split: statistics_pb2.DatasetFeatureStatisticsList.FromString(path.read_bytes())
        for split, path in files.items()
    }


def find_anomalies(statistics: Statistics, schema: schema_pb2.Schema) -> list[SplitAnomalies]:
    """Returns the anomalies of each split, as the data gate finds them.

    Args:
        statistics: Statistics by split.
        schema: The schema in force, with the environment TRAINING.
    """
    tfdv = _tfdv()
    return [
        SplitAnomalies(split, tfdv.validate_statistics(its, schema, environment=TRAINING), its)
        for split, its in statistics.items()
    ]


def infer_schema(statistics: Statistics, *, infer_shapes: bool) -> schema_pb2.Schema:
    """Returns the schema that fits all splits and nothing but them."""
    tfdv = _tfdv()
    first, *others = statistics.values()
    schema = tfdv.infer_schema(first, infer_shapes)
    # The first ones again: a range that later ones widened may have been a boolean before.
    for its in [*others, first]:
        schema = tfdv.update_schema(schema, its)
    return schema


def update_schema(schema: schema_pb2.Schema, statistics: Statistics) -> schema_pb2.Schema:
    """Returns the schema, changed until all splits fit."""
    tfdv = _tfdv()
    for its in statistics.values():
        schema = tfdv.update_schema(schema, its)
    return schema


def _tfdv() -> Any:
    with _without_standard_error():
        import tensorflow_data_validation

    return tensorflow_data_validation


@contextlib.contextmanager
def _without_standard_error() -> Iterator[None]:
    """Drops what TensorFlow's libraries tell of the processor on every start, flags or not."""
    saved = os.dup(2)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
