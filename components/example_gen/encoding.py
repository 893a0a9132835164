"""Arrow columns as serialized tf.Examples, column by column instead of row by row.

The bytes are protobuf's deterministic serialization: features in the order of their names. The
split of a row is a hash of these bytes, so they must not depend on anything but the row. A
missing value is an empty list of the column's kind, as TFX's CSV reader writes it; a column
without a type, of which nothing is known, is a feature without a kind.

Field numbers: `tensorflow/core/example/example.proto` and `feature.proto`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_FIELD_1 = b"\x0a"
_FIELD_2 = b"\x12"
_FIELD_3 = b"\x1a"
_FLOAT_BYTES = 4
_UINT64_MASK = (1 << 64) - 1


def encode_rows(columns: Mapping[str, pa.Array]) -> list[bytes]:
    """Serializes rows.

    Args:
        columns: Columns of equal length by name: int64, float32, binary, lists of these, or null.

    Returns:
        One serialized `tf.train.Example` for each row.
    """
    names = sorted(columns, key=str.encode)
    entries = [_map_entries(name, columns[name]) for name in names]
    rows = map(b"".join, zip(*entries, strict=True))
    return [_FIELD_1 + _varint(len(features)) + features for features in rows]


def _map_entries(name: str, column: pa.Array) -> list[bytes]:
    """Returns each row's entry in the map of features."""
    entry = functools.partial(_entry, name.encode())
    kind = column.type
    if pa.types.is_null(kind):
        return [entry(b"")] * len(column)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _of_lists(column, entry)
    if pa.types.is_float32(kind):
        return _of_floats(column, entry)
    return _of_repeating(column, entry)


def _entry(name: bytes, feature: bytes) -> bytes:
    content = _delimited(_FIELD_1, name) + _delimited(_FIELD_2, feature)
    return _delimited(_FIELD_1, content)


def _of_floats(column: pa.Array, entry: Callable[[bytes], bytes]) -> list[bytes]:
    values = _float_bytes(column.fill_null(0))
    # All entries with a value differ in their last four bytes only.
    start = entry(_floats(bytes(_FLOAT_BYTES)))[:-_FLOAT_BYTES]
    entries = [start + values[i : i + _FLOAT_BYTES] for i in range(0, len(values), _FLOAT_BYTES)]
    if column.null_count:
        missing = entry(_floats(b""))
        for row in np.flatnonzero(np.asarray(column.is_null())):
            entries[row] = missing
    return entries


def _of_repeating(column: pa.Array, entry: Callable[[bytes], bytes]) -> list[bytes]:
    """Encodes each distinct value once: texts and whole numbers repeat."""
    encoded = column.dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    if pa.types.is_integer(column.type):
        distinct = [_varint(value & _UINT64_MASK) for value in distinct]
        starts = _Starts(lambda value: entry(_integers(value)))
        missing = entry(_integers(b""))
    else:
        starts = _Starts(lambda value: entry(_texts((value,))))
        missing = entry(_texts(()))
    entries = [starts[len(value)] + value for value in distinct]
    entries.append(missing)
    indices = encoded.indices.fill_null(len(distinct)).to_pylist()
    return [entries[index] for index in indices]


class _Starts(dict[int, bytes]):
    """What comes before a value, by its length: entries of one column end with their value."""

    def __init__(self, encode: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self._encode = encode

    def __missing__(self, length: int) -> bytes:
        encoded = self._encode(bytes(length))
        self[length] = start = encoded[: len(encoded) - length]
        return start


def _of_lists(column: pa.Array, entry: Callable[[bytes], bytes]) -> list[bytes]:
    if pa.types.is_float32(column.type.value_type):
        return [entry(_floats(values)) for values in _float_slices(column)]
    rows = (values or () for values in column.to_pylist())
    if pa.types.is_integer(column.type.value_type):
        return [entry(_integers(_varints(values))) for values in rows]
    return [entry(_texts(values)) for values in rows]


def _float_slices(column: pa.Array) -> Iterator[bytes]:
    values = _float_bytes(column.flatten())
    lengths = np.asarray(column.value_lengths().fill_null(0))
    ends = np.cumsum(lengths, dtype=np.int64) * _FLOAT_BYTES
    start = 0
    for end in ends.tolist():
        yield values[start:end]
        start = end


def _float_bytes(values: pa.Array) -> bytes:
    return np.asarray(values).astype("<f4", copy=False).tobytes()


def _texts(values: Iterable[bytes]) -> bytes:
    return _delimited(_FIELD_1, b"".join(_delimited(_FIELD_1, value) for value in values))


def _floats(packed: bytes) -> bytes:
    return _delimited(_FIELD_2, _delimited(_FIELD_1, packed) if packed else b"")


def _varints(values: Iterable[int]) -> bytes:
    return b"".join(_varint(value & _UINT64_MASK) for value in values)


def _integers(packed: bytes) -> bytes:
    return _delimited(_FIELD_3, _delimited(_FIELD_1, packed) if packed else b"")


def _delimited(tag: bytes, content: bytes) -> bytes:
    return tag + _varint(len(content)) + content


@functools.lru_cache(maxsize=1 << 14)
def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value >> 7:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
