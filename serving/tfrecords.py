"""The TFRecord format: records as they stand in a file, and how much of a file is whole.

A record is its length (8 bytes, little-endian), the masked CRC-32C of the length, the content and
the masked CRC-32C of the content. Source: `tensorflow/core/lib/io/record_writer.h`.
"""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING

import google_crc32c

if TYPE_CHECKING:
    from collections.abc import Iterable

_MASK_DELTA = 0xA282EAD8
_UINT32_MASK = 0xFFFFFFFF
_LENGTH = struct.Struct("<Q")
_CRC = struct.Struct("<I")
_HEADER_BYTES = _LENGTH.size + _CRC.size
FRAME_BYTES = _HEADER_BYTES + _CRC.size


def framed(records: Iterable[bytes]) -> bytes:
    """Returns records as they stand in a file; each takes `FRAME_BYTES` more than its content."""
    parts: list[bytes] = []
    for record in records:
        length = _LENGTH.pack(len(record))
        parts += (length, _masked_crc(length), record, _masked_crc(record))
    return b"".join(parts)


def whole_bytes(file: IO[bytes]) -> int:
    """Returns how many bytes at the beginning of a file are whole records.

    Args:
        file: Open for reading, at its start.
    """
    whole = 0
    while True:
        header = file.read(_HEADER_BYTES)
        length, crc = header[: _LENGTH.size], header[_LENGTH.size :]
        if len(header) < _HEADER_BYTES or crc != _masked_crc(length):
            return whole
        # Read apart: a length that promises more than there is must not allocate it.
        content = file.read(_LENGTH.unpack(length)[0])
        if file.read(_CRC.size) != _masked_crc(content):
            return whole
        whole += FRAME_BYTES + len(content)


def _masked_crc(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return _CRC.pack(((crc >> 15 | crc << 17) + _MASK_DELTA) & _UINT32_MASK)
