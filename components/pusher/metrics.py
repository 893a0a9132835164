"""The figures of an evaluation that are worth keeping beside a pushed model.

They are read from TFMA's file without TFMA, which would bring TensorFlow and Beam with it.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The name that Evaluator's configuration gives to the new model beside a baseline. TFMA names the
# model only where there were two.
_CANDIDATES = ("", "candidate")
_METRICS_FILES = "metrics*.tfrecord"
# A record of a TFRecord file: its length, that length's checksum, the record and its checksum.
_LENGTH = struct.Struct("<Q")
_CHECKSUM_BYTES = 4


def overall_metrics(evaluation_uri: str) -> dict[str, float]:
    """Returns the candidate's metrics on all examples, by name; empty if there are none.

    Args:
        evaluation_uri: Folder of a `ModelEvaluation` artifact, written by TFMA.
    """
    # TFMA's protos need this one loaded, and leave that to TFMA's package.
    import google.protobuf.wrappers_pb2  # noqa: F401
    from tensorflow_model_analysis.proto import metrics_for_slice_pb2
    from tfx.dsl.io import fileio

    values: dict[str, Any] = {}
    for path in sorted(fileio.glob(f"{evaluation_uri}/{_METRICS_FILES}")):
        with fileio.open(path, "rb") as file:
            content = file.read()
        for record in records_of(content):
            of_slice = metrics_for_slice_pb2.MetricsForSlice.FromString(record)
            if of_slice.slice_key.single_slice_keys:
                continue
            for entry in of_slice.metric_keys_and_values:
                if entry.key.model_name in _CANDIDATES and not entry.key.is_diff:
                    values[entry.key.name] = entry.value
    return numbers_of(values)


def numbers_of(values: Mapping[str, Any]) -> dict[str, float]:
    """Returns the finite numbers among TFMA's `MetricValue`s; plots and matrices stay out."""
    numbers = {
        name: float(value.double_value.value)
        for name, value in values.items()
        if value.WhichOneof("type") == "double_value"
    }
    return {name: number for name, number in numbers.items() if math.isfinite(number)}


def records_of(content: bytes) -> Iterator[bytes]:
    """Yields the records of an uncompressed TFRecord file; checksums are not looked at."""
    position = 0
    while position < len(content):
        (length,) = _LENGTH.unpack_from(content, position)
        position += _LENGTH.size + _CHECKSUM_BYTES
        yield content[position : position + length]
        position += length + _CHECKSUM_BYTES
