"""The figures of an evaluation that are worth keeping beside a pushed model.

They are read from TFMA's file without TFMA, which would bring TensorFlow and Beam with it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from components.pusher.errors import PushError
from serving.tfrecords import CorruptRecordError, read_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The name that Evaluator's configuration gives to the new model beside a baseline. TFMA names the
# model only where there were two.
_CANDIDATES = ("", "candidate")
_METRICS_FILES = "metrics*.tfrecord"


def overall_metrics(evaluation_uri: str) -> dict[str, float]:
    """Returns the candidate's metrics on all examples, by name; empty if there are none.

    Args:
        evaluation_uri: Folder of a `ModelEvaluation` artifact, written by TFMA.

    Raises:
        PushError: A file is damaged, and what was measured cannot be told from it.
    """
    # TFMA's protos need this one loaded, and leave that to TFMA's package.
    import google.protobuf.wrappers_pb2  # noqa: F401
    from tensorflow_model_analysis.proto import metrics_for_slice_pb2

    values: dict[str, Any] = {}
    for record in records_in(evaluation_uri):
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


def records_in(evaluation_uri: str) -> Iterator[bytes]:
    """Yields TFMA's records, a serialized `MetricsForSlice` for each slice.

    Args:
        evaluation_uri: Folder of a `ModelEvaluation` artifact, written by TFMA.

    Raises:
        PushError: A file is damaged, and what was measured cannot be told from it.
    """
    from tfx.dsl.io import fileio

    for path in sorted(fileio.glob(f"{evaluation_uri}/{_METRICS_FILES}")):
        try:
            with fileio.open(path, "rb") as file:
                yield from (record.content for record in read_records(file))
        except CorruptRecordError as error:
            raise PushError(
                f"the metrics in {path} are damaged ({error}); remove {evaluation_uri} and run "
                "again, and Evaluator measures once more",
                path=str(path),
            ) from error
