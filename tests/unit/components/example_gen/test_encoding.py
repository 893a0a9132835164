"""Encoded columns are exactly what protobuf's deterministic serialization gives."""

from __future__ import annotations

import pyarrow as pa
import pytest
from tf_example import Example

from components.example_gen.encoding import encode_rows

INTEGERS = [0, 1, 127, 128, 300, -1, 2**63 - 1, -(2**63), 7, 7]
FLOATS = [0.0, -0.0, 1.5, -2.25, float("inf"), float("nan"), 3.4e38, 1e-45, 1.5]
TEXTS = [b"", b"a", "é".encode(), b"\xff", b"x" * 127, b"x" * 128, b"x" * 20_000, b"a"]
KINDS = {
    "int64_list": (pa.int64(), INTEGERS),
    "float_list": (pa.float32(), FLOATS),
    "bytes_list": (pa.binary(), TEXTS),
}


def expected(columns, kinds):
    """Serializes rows with protobuf."""
    examples = []
    for row in zip(*columns.values(), strict=True):
        example = Example()
        for name, value in zip(columns, row, strict=True):
            feature = example.features.feature[name]
            if kinds[name] is not None:
                values = getattr(feature, kinds[name])
                values.SetInParent()
                given = value if isinstance(value, list) else [value]
                values.value.extend(each for each in given if each is not None)
        examples.append(example.SerializeToString(deterministic=True))
    return examples


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_of_values(kind):
    arrow, values = KINDS[kind]
    column = [None, *values, None]

    encoded = encode_rows({"x": pa.array(column, arrow)})

    assert encoded == expected({"x": column}, {"x": kind})


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_of_lists(kind):
    arrow, values = KINDS[kind]
    column = [values[:length] for length in (0, 1, 2, 0, 5, 8)]

    encoded = encode_rows({"x": pa.array(column, pa.large_list(arrow))})

    assert encoded == expected({"x": column}, {"x": kind})


def test_features_are_in_the_order_of_their_names_in_bytes():
    names = ["b", "B", "é", "z", "a" * 200, "\U0001f600", "\uffee"]
    columns = {name: [number] for number, name in enumerate(names)}

    encoded = encode_rows({name: pa.array(column) for name, column in columns.items()})

    assert encoded == expected(columns, dict.fromkeys(names, "int64_list"))


def test_a_column_of_which_nothing_is_known_is_a_feature_without_kind():
    encoded = encode_rows({"x": pa.nulls(2), "y": pa.array([1, None])})

    assert encoded == expected({"x": [None, None], "y": [1, None]}, {"x": None, "y": "int64_list"})


def test_a_null_list_is_an_empty_one():
    for kind in (pa.float32(), pa.int64(), pa.large_binary()):
        column = pa.array([None, []], pa.large_list(kind))
        first, second = encode_rows({"x": column})
        assert first == second


def test_a_slice_is_encoded_like_the_whole():
    column = pa.array([[1.0, 2.0], [3.0], [], [4.0]], pa.large_list(pa.float32()))

    assert encode_rows({"x": column.slice(1, 2)}) == encode_rows({"x": column})[1:3]
