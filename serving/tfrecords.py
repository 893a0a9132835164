"""The TFRecord format: framing and checksums, written and verified.

A record is its length (8 bytes, little-endian), the masked CRC-32C of the length, the content and
the masked CRC-32C of the content. Source: `tensorflow/core/lib/io/record_writer.h`.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import io
import struct
import zlib
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import google_crc32c
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MASK_DELTA = 0xA282EAD8
_UINT32_MASK = 0xFFFFFFFF
_LENGTH = struct.Struct("<Q")
_CRC = struct.Struct("<I")
_HEADER_BYTES = _LENGTH.size + _CRC.size
FRAME_BYTES = _HEADER_BYTES + _CRC.size
_GZIP_MAGIC = b"\x1f\x8b"
_BUFFER_BYTES = 1 << 20
# What reading a gzip stream that is cut off or damaged raises.
_GZIP_ERRORS = (EOFError, gzip.BadGzipFile, zlib.error)


class Record(NamedTuple):
    """A record and where it begins: its number, from 1, and its byte, in the uncompressed file."""

    number: int
    offset: int
    content: bytes


class CorruptRecordError(Exception):
    """A file is no whole TFRecord file.

    Attributes:
        number: Number of the record, from 1.
        offset: Byte where the record begins, in the uncompressed file.
        problem: What is wrong.
    """

    def __init__(self, number: int, offset: int, problem: str) -> None:
        self.number = number
        self.offset = offset
        self.problem = problem
        super().__init__(f"record {number}, byte {offset}: {problem}")


class _Decompressed(io.RawIOBase):
    """Gives what decompresses before it raises what does not, so that the record is known."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = gzip.GzipFile(fileobj=file)

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any) -> int:
        data = self._file.read1(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def framed(records: Iterable[bytes]) -> bytes:
    """Returns records as they stand in a file; each takes `FRAME_BYTES` more than its content."""
    return b"".join(
        part for record in records for part in (_header(len(record)), record, _masked_crc(record))
    )


def read_records(file: IO[bytes]) -> Iterator[Record]:
    """Yields the records of a plain or gzip-compressed file, with their checksums verified.

    Args:
        file: Open for reading, seekable, at its start.

    Raises:
        CorruptRecordError: The file is cut off, or a checksum is wrong.
    """
    stream = _uncompressed(file)
    number, offset = 1, 0
    while True:
        try:
            content = _read_record(stream)
        except ValueError as error:
            raise CorruptRecordError(number, offset, str(error)) from error
        except _GZIP_ERRORS as error:
            problem = f"the compressed file is damaged or cut off here ({error})"
            raise CorruptRecordError(number, offset, problem) from error
        if content is None:
            return
        yield Record(number, offset, content)
        number += 1
        offset += FRAME_BYTES + len(content)


def whole_bytes(file: IO[bytes]) -> int:
    """Returns how many bytes at the beginning of an uncompressed file are whole records.

    Args:
        file: Open for reading, seekable, at its start.
    """
    whole = 0
    with contextlib.suppress(CorruptRecordError):
        for record in read_records(file):
            whole = record.offset + FRAME_BYTES + len(record.content)
    return whole


def _read_record(stream: IO[bytes]) -> bytes | None:
    header = stream.read(_HEADER_BYTES)
    if not header:
        return None
    if len(header) < _HEADER_BYTES:
        raise ValueError("the file is cut off in the record's length")
    if not _is_header(header):
        raise ValueError("the checksum of the record's length is wrong")
    (length,) = _LENGTH.unpack_from(header)
    # Read apart: a length that promises more than there is must not allocate it.
    content = stream.read(length)
    crc = stream.read(_CRC.size)
    if len(content) + len(crc) < length + _CRC.size:
        raise ValueError(f"the file is cut off: the record has {length:,} bytes")
    if crc != _masked_crc(content):
        raise ValueError("the checksum of the record's content is wrong")
    return content


def _uncompressed(file: IO[bytes]) -> IO[bytes]:
    """Decides by content, because names of shards (`-00000-of-00001`) say nothing."""
    start = file.read(_HEADER_BYTES)
    file.seek(0)
    if start.startswith(_GZIP_MAGIC) and not _is_header(start):
        return io.BufferedReader(_Decompressed(file), _BUFFER_BYTES)
    return file


def _is_header(data: bytes) -> bool:
    return data[_LENGTH.size :] == _masked_crc(data[: _LENGTH.size])


@functools.lru_cache(maxsize=1 << 12)
def _header(length: int) -> bytes:
    packed = _LENGTH.pack(length)
    return packed + _masked_crc(packed)


def _masked_crc(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return _CRC.pack(((crc >> 15 | crc << 17) + _MASK_DELTA) & _UINT32_MASK)
