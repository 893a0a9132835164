"""What Evaluator measured, for each slice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.pusher.metrics import numbers_of, records_in
from pipeline.reports.page import table

if TYPE_CHECKING:
    from collections.abc import Iterator

TYPE = "ModelEvaluation"
_OVERALL = "all examples"


def section(uri: str) -> str:
    """Returns a table of all metrics, one line for each slice and model.

    Args:
        uri: Folder of a `ModelEvaluation` artifact.
    """
    lines = sorted(_lines(uri), key=lambda line: (line[0] != _OVERALL, line[:2]))
    names = sorted({name for _, _, values in lines for name in values})
    rows = [
        (of_slice, model, *(f"{values[name]:.5g}" if name in values else "" for name in names))
        for of_slice, model, values in lines
    ]
    return table("Metrics", ("slice", "model", *names), rows)


def _lines(uri: str) -> Iterator[tuple[str, str, dict[str, float]]]:
    # TFMA's protos need this one loaded, and leave that to TFMA's package.
    import google.protobuf.wrappers_pb2  # noqa: F401
    from tensorflow_model_analysis.proto import metrics_for_slice_pb2

    for record in records_in(uri):
        of_slice = metrics_for_slice_pb2.MetricsForSlice.FromString(record)
        by_model: dict[str, dict[str, Any]] = {}
        for entry in of_slice.metric_keys_and_values:
            if not entry.key.is_diff:
                by_model.setdefault(entry.key.model_name, {})[entry.key.name] = entry.value
        for model, values in by_model.items():
            yield _slice_name(of_slice.slice_key), model, numbers_of(values)


def _slice_name(slice_key: Any) -> str:
    parts = (f"{key.column} = {_value_of(key)}" for key in slice_key.single_slice_keys)
    return ", ".join(parts) or _OVERALL


def _value_of(key: Any) -> str:
    kind = key.WhichOneof("kind")
    value = getattr(key, kind) if kind else ""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
