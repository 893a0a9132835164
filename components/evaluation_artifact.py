"""What stands in a `ModelEvaluation` artifact: TFMA's figures and the names of them.

It is read from TFMA's files without TFMA, which would bring TensorFlow and Beam with it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from serving.tfrecords import CorruptRecordError, read_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The slice of all examples.
OVERALL = "all examples"
# The name that Evaluator's configuration gives to the new model beside a baseline. TFMA names the
# model only where there were two.
_CANDIDATES = ("", "candidate")
_METRICS_FILES = "metrics*.tfrecord"


class DamagedEvaluationError(Exception):
    """What was measured cannot be told from an evaluation's files; says what to do.

    Attributes:
        path: The file that is damaged.
    """

    def __init__(self, message: str, *, path: str) -> None:
        super().__init__(message)
        self.path = path


def overall_metrics(evaluation_uri: str) -> dict[str, float]:
    """Returns the candidate's metrics on all examples, by name; empty if there are none.

    Args:
        evaluation_uri: Folder of a `ModelEvaluation` artifact, written by TFMA.

    Raises:
        DamagedEvaluationError: A file is damaged.
    """
    values: dict[str, Any] = {}
    for of_slice in slices_in(evaluation_uri):
        if of_slice.slice_key.single_slice_keys:
            continue
        for entry in of_slice.metric_keys_and_values:
            if entry.key.model_name in _CANDIDATES and not entry.key.is_diff:
                values[metric_name(entry.key)] = entry.value
    return numbers_of(values)


def slices_in(evaluation_uri: str) -> Iterator[Any]:
    """Yields TFMA's `MetricsForSlice` messages, one for each slice.

    Args:
        evaluation_uri: Folder of a `ModelEvaluation` artifact, written by TFMA.

    Raises:
        DamagedEvaluationError: A file is damaged.
    """
    # TFMA's protos need this one loaded, and leave that to TFMA's package.
    import google.protobuf.wrappers_pb2  # noqa: F401
    from tensorflow_model_analysis.proto import metrics_for_slice_pb2
    from tfx.dsl.io import fileio

    for path in sorted(fileio.glob(f"{evaluation_uri}/{_METRICS_FILES}")):
        try:
            with fileio.open(path, "rb") as file:
                for record in read_records(file):
                    yield metrics_for_slice_pb2.MetricsForSlice.FromString(record.content)
        except CorruptRecordError as error:
            raise DamagedEvaluationError(
                f"the metrics in {path} are damaged ({error}); remove {evaluation_uri} and run "
                "again, and Evaluator measures once more",
                path=str(path),
            ) from error


def numbers_of(values: Mapping[str, Any]) -> dict[str, float]:
    """Returns the finite numbers among TFMA's `MetricValue`s; plots and matrices stay out."""
    numbers = {
        name: float(value.double_value.value)
        for name, value in values.items()
        if value.WhichOneof("type") == "double_value"
    }
    return {name: number for name, number in numbers.items() if math.isfinite(number)}


def metric_name(key: Any) -> str:
    """Returns the name of a metric, from TFMA's `MetricKey`, the same for every model.

    Metrics of one class, of the top k or of one output of several say so in brackets.
    """
    parts = [key.output_name] if key.output_name else []
    for part in ("sub_key", "aggregation_type"):
        if key.HasField(part):
            fields = getattr(key, part).ListFields()
            parts += [f"{each.name} {getattr(value, 'value', value)}" for each, value in fields]
    return f"{key.name} ({', '.join(parts)})" if parts else str(key.name)


def slice_name(slice_key: Any) -> str:
    """Returns a slice as `hour=7, day=2`, from TFMA's `SliceKey`."""
    parts = []
    for single in slice_key.single_slice_keys:
        kind = single.WhichOneof("kind")
        value = getattr(single, kind) if kind else ""
        text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
        parts.append(f"{single.column}={text}")
    return ", ".join(parts) or OVERALL
