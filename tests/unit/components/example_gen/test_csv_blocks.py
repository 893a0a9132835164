"""Blocks of a CSV file hold whole rows, whatever the size of a block."""

from __future__ import annotations

import gzip
import io

import pytest

from components.example_gen.csv_blocks import (
    Block,
    UnclosedQuoteError,
    read_blocks,
    split_header,
    uncompressed,
)

TEXT = b'a,b\n1,"two\nlines, ""quoted"""\n\n2,x\r\n"3\n\n",y\n4,z'
ROWS = [["a", "b"], ["1", 'two\nlines, "quoted"'], ["2", "x"], ["3\n\n", "y"], ["4", "z"]]
LINES = [1, 2, 5, 6, 9]


@pytest.mark.parametrize("size", [*range(1, 30), 1000])
def test_rows_and_their_lines_do_not_depend_on_the_size(size):
    blocks = list(read_blocks(io.BytesIO(TEXT), size))

    assert b"".join(block.data for block in blocks) == TEXT
    rows = [row for block in blocks for row in block.rows()]
    assert [cells for _, cells in rows] == ROWS
    assert [line for line, _ in rows] == LINES


@pytest.mark.parametrize("size", [8, 1000])
def test_a_byte_order_mark_is_no_text(size):
    (first, *_) = read_blocks(io.BytesIO(b"\xef\xbb\xbfa,b\n1,2\n"), size)

    assert first.data.startswith(b"a,b\n")


@pytest.mark.parametrize("size", [4, 1000])
def test_an_unclosed_quote_names_the_line_of_its_row(size):
    text = b'a,b\n"x\ny",1\n2,"cut\nhere\nand'

    with pytest.raises(UnclosedQuoteError) as caught:
        list(read_blocks(io.BytesIO(text), size))
    assert caught.value.line == 4


def test_a_row_without_end_is_not_read_into_memory():
    class Endless(io.RawIOBase):
        read_bytes = 0

        def read(self, size=-1):
            self.read_bytes += size
            return b'"' + b"x\n" * (size // 2) if self.read_bytes == size else b"x\n" * (size // 2)

    endless = Endless()
    with pytest.raises(UnclosedQuoteError):
        list(read_blocks(endless, size=64, longest=1024))
    assert endless.read_bytes < 1500


@pytest.mark.parametrize(
    ("text", "header", "rest", "line"),
    [
        (b"a,b\n1,2\n", b"a,b\n", b"1,2\n", 2),
        (b'"a\n",b\n1,2\n', b'"a\n",b\n', b"1,2\n", 3),
        (b"\r\n\na,b\r\n1,2\n", b"\r\n\na,b\r\n", b"1,2\n", 4),
        (b"a,b", b"a,b", b"", 1),
        (b"a,b\n", b"a,b\n", b"", 2),
        (b"\n\n", b"\n\n", b"", 3),
    ],
)
def test_the_header_is_the_first_row_that_is_not_blank(text, header, rest, line):
    assert split_header(Block(1, text)) == (Block(1, header), Block(line, rest))


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_compressed_or_not(compress):
    assert uncompressed(io.BytesIO(compress(TEXT))).read() == TEXT
