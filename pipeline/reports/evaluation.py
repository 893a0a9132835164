"""What Evaluator measured, for each slice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.evaluation_artifact import (
    OVERALL,
    metric_name,
    numbers_of,
    slice_name,
    slices_in,
)
from pipeline.reports.page import table

if TYPE_CHECKING:
    from collections.abc import Iterator

TYPE = "ModelEvaluation"


def section(uri: str) -> str:
    """Returns a table of all metrics, one line for each slice and model.

    Args:
        uri: Folder of a `ModelEvaluation` artifact.
    """
    lines = sorted(_lines(uri), key=lambda line: (line[0] != OVERALL, line[:2]))
    names = sorted({name for _, _, values in lines for name in values})
    rows = [
        (of_slice, model, *(f"{values[name]:.5g}" if name in values else "" for name in names))
        for of_slice, model, values in lines
    ]
    return table("Metrics", ("slice", "model", *names), rows)


def _lines(uri: str) -> Iterator[tuple[str, str, dict[str, float]]]:
    for of_slice in slices_in(uri):
        by_model: dict[str, dict[str, Any]] = {}
        for entry in of_slice.metric_keys_and_values:
            if not entry.key.is_diff:
                by_model.setdefault(entry.key.model_name, {})[metric_name(entry.key)] = entry.value
        for model, values in by_model.items():
            yield slice_name(of_slice.slice_key), model, numbers_of(values)
