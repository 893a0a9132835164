"""A schema inferred from several statistics: of all splits, of all spans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorflow_metadata.proto.v0 import schema_pb2

from components.data_validation import infer_schema, update_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.data_validation import StatisticsList


def infer(statistics: Sequence[StatisticsList], *, infer_shapes: bool) -> schema_pb2.Schema:
    """Infers a schema that covers what all statistics have in common.

    TFDV widens a schema by more statistics, but gives up a feature that has another type in them,
    or is not there: it marks it as deprecated, and from then on nobody looks at it. Here it stays
    as it was first, so that the data gate names the span that differs. A feature that is there
    without any value is no difference: it may be missing.

    Args:
        statistics: At least one `DatasetFeatureStatisticsList`, oldest first.
        infer_shapes: Whether a feature that always has one value is inferred as dense.
    """
    schema = infer_schema(statistics[0], infer_shapes=infer_shapes)
    known = _named(statistics[0], with_values=True)
    # Twice: where the first statistics hold 0 and 1 alone, TFDV infers a boolean, and replaces it
    # by the bounds of other values, forgetting those it saw before.
    for more in [*statistics[1:], *statistics]:
        schema = _widened(schema, more, known, infer_shapes=infer_shapes)
        known |= _named(more, with_values=True)
    return schema


def _widened(
    schema: schema_pb2.Schema, statistics: StatisticsList, known: set[str], *, infer_shapes: bool
) -> schema_pb2.Schema:
    """Returns a schema that covers more statistics, with every feature that it had.

    Args:
        schema: The schema so far.
        statistics: What it is to cover as well.
        known: Features that had values so far. The type of any other was a guess, which gives way.
        infer_shapes: As for `infer`.
    """
    widened = update_schema(schema, statistics)
    before = {feature.name: feature for feature in schema.feature}
    inferred = infer_schema(statistics, infer_shapes=infer_shapes)
    alone = {feature.name: feature for feature in inferred.feature}
    empty = _named(statistics, with_values=False)
    for feature in widened.feature:
        name = feature.name
        if feature.lifecycle_stage == schema_pb2.DEPRECATED:
            feature.CopyFrom((before if name in known or name not in alone else alone)[name])
            if name in empty:
                feature.ClearField("presence")
                feature.ClearField("shape")
    return widened


def _named(statistics: StatisticsList, *, with_values: bool) -> set[str]:
    """Returns the features that have values, or those that are there without any."""
    return {
        feature.name or ".".join(feature.path.step)
        for dataset in statistics.datasets
        for feature in dataset.features
        if feature.WhichOneof("stats")
        and with_values
        == bool(getattr(feature, feature.WhichOneof("stats")).common_stats.num_non_missing)
    }
