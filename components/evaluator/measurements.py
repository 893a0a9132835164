"""What TFMA measured, read from the evaluation that it wrote."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tensorflow_model_analysis.slicer import slicer_lib

from components.evaluation_artifact import metric_name, slice_name
from components.evaluator.gate import Measured, SliceValues

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_ERROR = "__ERROR__"


@dataclass(frozen=True)
class MeasuredSlice:
    """All metrics of one slice.

    Attributes:
        key: TFMA's key of the slice.
        name: The slice, for a person: `hour=7, day=2`.
        metrics: Values by the metric's name.
        too_small: Whether the slice was left out for lack of examples.
    """

    key: Any
    name: str
    metrics: Mapping[str, SliceValues] = field(default_factory=dict)
    too_small: bool = False

    def values_of(self, metric: str) -> SliceValues:
        """Returns the values of a metric, or an entry without any."""
        return self.metrics.get(metric, SliceValues(self.name))

    def is_one_of(self, spec: Any) -> bool:
        """Whether a `SlicingSpec` describes this slice; None describes every slice."""
        if spec is None:
            return True
        return bool(slicer_lib.SingleSliceSpec(spec=spec).is_slice_applicable(self.key))


def measured_slices(records: Iterable[Any], baseline: str) -> list[MeasuredSlice]:
    """Reads TFMA's metrics, which it writes in an order of its own.

    Args:
        records: `MetricsForSlice` messages, from `tfma.load_metrics`.
        baseline: Name of the baseline among the models.

    Returns:
        The slices in the order of their features and values, the overall slice first.
    """
    return sorted(_slices(records, baseline), key=_order)


def _order(measured: MeasuredSlice) -> list[tuple[str, str, Any]]:
    return [(feature, type(value).__name__, value) for feature, value in measured.key]


def _slices(records: Iterable[Any], baseline: str) -> Iterator[MeasuredSlice]:
    for record in records:
        if record.HasField("cross_slice_key"):
            continue
        key = slicer_lib.deserialize_slice_key(record.slice_key)
        name = slice_name(record.slice_key)
        if _ERROR in record.metrics:
            yield MeasuredSlice(key, name, too_small=True)
        else:
            yield MeasuredSlice(key, name, _metrics(record, name, baseline))


def _metrics(record: Any, of_slice: str, baseline: str) -> dict[str, SliceValues]:
    metrics: dict[str, SliceValues] = {}
    for entry in record.metric_keys_and_values:
        measured = _measured(entry)
        if measured is None:
            continue
        name = metric_name(entry.key)
        values = metrics.get(name, SliceValues(of_slice))
        if entry.key.is_diff:
            metrics[name] = replace(values, change=measured)
        elif entry.key.model_name == baseline:
            metrics[name] = replace(values, baseline=measured)
        else:
            metrics[name] = replace(values, candidate=measured)
    return metrics


def _measured(entry: Any) -> Measured | None:
    """Returns the number among TFMA's kinds of values; plots and matrices are none."""
    if entry.value.WhichOneof("type") != "double_value":
        return None
    value = float(entry.value.double_value.value)
    if not entry.HasField("confidence_interval"):
        return Measured(value)
    interval = entry.confidence_interval
    return Measured(
        value,
        float(interval.lower_bound.double_value.value),
        float(interval.upper_bound.double_value.value),
    )
