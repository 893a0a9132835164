"""What a caller of the `serving_rows` signature sends: plain values, one for each raw feature.

TF Serving's row format (`{"instances": [{"fare": 6.5, ...}]}`) turns a bare value into a tensor of
shape [batch] and needs every key in every row. So a feature with one value is an input of rank 1,
and an optional feature that a row does not have is sent as its missing value: the empty string,
NaN (a literal that TF Serving's JSON accepts) or the smallest int64, see
`components.missing_values`. Lists in one request are filled up with it to the same length.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tensorflow_metadata.proto.v0 import schema_pb2

from components.schema_artifact import SERVING

if TYPE_CHECKING:
    from collections.abc import Collection

_NOT_SERVED = frozenset(
    {
        schema_pb2.LifecycleStage.DEPRECATED,
        schema_pb2.LifecycleStage.DISABLED,
        schema_pb2.LifecycleStage.PLANNED,
    }
)


class Arity(Enum):
    """How many values a row has of one feature."""

    FIXED = "fixed"  # always the same number
    OPTIONAL = "optional"  # one or none
    LIST = "list"  # any number


@dataclass(frozen=True)
class RowInput:
    """One input of the `serving_rows` signature.

    Attributes:
        name: Raw feature.
        arity: How many values it has in a row.
        shape: Shape of the feature in one row for `Arity.FIXED`, else empty.
    """

    name: str
    arity: Arity
    shape: tuple[int, ...] = ()

    @property
    def sent_shape(self) -> tuple[int | None, ...]:
        """Shape of the tensor that a caller sends; None is the batch or the longest list."""
        if self.arity is Arity.LIST:
            return (None, None)
        return (None,) if self.shape in {(), (1,)} else (None, *self.shape)


def row_inputs(schema: schema_pb2.Schema, left_out: Collection[str] = ()) -> list[RowInput]:
    """Returns the inputs of a request, in the order of the schema.

    Args:
        schema: Raw schema. Without environments every feature is in a request.
        left_out: Features that are never in a request: the label.
    """
    return [_row_input(f) for f in schema.feature if f.name not in left_out and _served(f, schema)]


def _served(feature: schema_pb2.Feature, schema: schema_pb2.Schema) -> bool:
    if feature.lifecycle_stage in _NOT_SERVED:
        return False
    if SERVING in feature.in_environment:
        return True
    if SERVING in feature.not_in_environment:
        return False
    return SERVING in schema.default_environment or not schema.default_environment


def _row_input(feature: schema_pb2.Feature) -> RowInput:
    if feature.HasField("shape"):
        return RowInput(feature.name, Arity.FIXED, tuple(dim.size for dim in feature.shape.dim))
    # An inferred schema says nothing of a feature that some rows lack: one value is usual there.
    if feature.HasField("value_count") and feature.value_count.max != 1:
        return RowInput(feature.name, Arity.LIST)
    return RowInput(feature.name, Arity.OPTIONAL)
