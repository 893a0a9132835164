"""A CSV file in blocks of whole rows, so that a file of any length takes the same memory.

A row ends at a line end with an even number of quotes before it: quoted cells may hold line ends.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from typing import IO, TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 1 << 20
# A row is hardly ever so long; a quote that nobody closes makes one of the rest of the file.
LONGEST_ROW_BYTES = 1 << 26

_GZIP_MAGIC = b"\x1f\x8b"


class Block(NamedTuple):
    """Some rows of a file.

    Attributes:
        line: Number of its first line in the file, from 1.
        data: Whole rows.
    """

    line: int
    data: bytes

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yields each row's first line and cells; blank lines are no rows.

        Slow, and only for telling where in a block something is.
        """
        csv.field_size_limit(LONGEST_ROW_BYTES)
        # Python 3.10 refuses null bytes.
        text = self.data.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
        reader = csv.reader(io.StringIO(text, newline=""))
        line = self.line
        for cells in reader:
            if cells:
                yield line, cells
            line = self.line + reader.line_num


class UnclosedQuoteError(Exception):
    """A quote is opened and never closed.

    Attributes:
        line: The line on which its row begins.
    """

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(f"the row that begins at line {line} never ends")


def uncompressed(file: IO[bytes]) -> IO[bytes]:
    """Returns the file's content, whether it is compressed with gzip or not.

    Args:
        file: Open for reading, seekable, at its start.
    """
    start = file.read(len(_GZIP_MAGIC))
    file.seek(0)
    return cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if start == _GZIP_MAGIC else file


def read_blocks(
    stream: IO[bytes], size: int = BLOCK_BYTES, longest: int = LONGEST_ROW_BYTES
) -> Iterator[Block]:
    """Yields a file as blocks; the first one starts with the header, without byte order mark.

    Args:
        stream: The file, at its start.
        size: Bytes to read at a time.
        longest: Bytes of a row from which on it is taken for one that never ends.

    Raises:
        UnclosedQuoteError: A quoted cell does not end.
    """
    line, pending = 1, stream.read(size).removeprefix(codecs.BOM_UTF8)
    searched = 0
    while chunk := stream.read(size):
        end = _end_of_last_row(pending, searched)
        if end:
            yield Block(line, pending[:end])
            line += pending.count(b"\n", 0, end)
        elif len(pending) > longest:
            raise UnclosedQuoteError(line)
        searched = len(pending) - end
        pending = pending[end:] + chunk
    end = _end_of_last_row(pending, searched)
    rest = Block(line + pending.count(b"\n", 0, end), pending[end:])
    if _is_open(rest.data):
        if end:
            yield Block(line, pending[:end])
        raise UnclosedQuoteError(rest.line)
    if pending:
        yield Block(line, pending)


def split_header(block: Block) -> tuple[Block, Block]:
    """Cuts a block after its first row that is not blank."""
    end = 0
    while end < len(block.data):
        newline = block.data.find(b"\n", end)
        end = len(block.data) if newline < 0 else newline + 1
        if block.data[:end].strip() and not _is_open(block.data[:end]):
            break
    line = block.line + block.data.count(b"\n", 0, end)
    return Block(block.line, block.data[:end]), Block(line, block.data[end:])


def _end_of_last_row(data: bytes, searched: int) -> int:
    """Returns where the last whole row ends; 0 if there is none.

    Args:
        data: Rows, the last one perhaps in part.
        searched: In so many bytes at the start no row ends.
    """
    is_open = _is_open(data)
    end = len(data)
    # From quote to quote, backwards: only between two cells can a row end.
    while end > searched:
        quote = data.rfind(b'"', searched, end)
        start = searched if quote < 0 else quote + 1
        if not is_open and (newline := data.rfind(b"\n", start, end)) >= 0:
            return newline + 1
        is_open = not is_open
        end = quote
    return 0


def _is_open(data: bytes) -> bool:
    return data.count(b'"') % 2 == 1
