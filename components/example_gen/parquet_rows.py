"""Rows of a Parquet file as tf.Examples.

TFX's own conversion (1.21, `dict_to_example`) tests a value for truth: it drops every 0, 0.0, False
and empty text as if it were missing, a label of 0 too. Here only a null is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensorflow.core.example import example_pb2, feature_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class UnsupportedValueError(ValueError):
    """A column holds what a tf.Example cannot.

    Attributes:
        column: Name of the column.
        kind: Name of the values' type.
    """

    def __init__(self, column: str, kind: str) -> None:
        self.column = column
        self.kind = kind
        super().__init__(
            f"column {column!r} holds values of type {kind}; "
            "a tf.Example holds texts, bytes, numbers and lists of them: convert the column"
        )


def to_example(row: Mapping[str, Any]) -> Any:
    """Returns a row as a `tf.train.Example`.

    Integers and booleans become int64, floats float32, texts UTF-8 bytes; a list becomes several
    values, a null none.

    Args:
        row: Value by column, as pyarrow gives it.

    Raises:
        UnsupportedValueError: A value is of another type.
    """
    features = {column: _to_feature(column, value) for column, value in row.items()}
    return example_pb2.Example(features=feature_pb2.Features(feature=features))


def _to_feature(column: str, value: Any) -> Any:
    if value is None or value == []:
        return feature_pb2.Feature()
    values: Sequence[Any] = value if isinstance(value, list) else [value]
    kinds = {type(each) for each in values}
    if kinds <= {bool, int}:
        return feature_pb2.Feature(int64_list=feature_pb2.Int64List(value=map(int, values)))
    if kinds <= {float}:
        return feature_pb2.Feature(float_list=feature_pb2.FloatList(value=values))
    if kinds <= {str, bytes}:
        encoded = [each.encode() if isinstance(each, str) else each for each in values]
        return feature_pb2.Feature(bytes_list=feature_pb2.BytesList(value=encoded))
    raise UnsupportedValueError(column, " and ".join(sorted(kind.__name__ for kind in kinds)))
