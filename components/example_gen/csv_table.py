"""One CSV file as Arrow columns of strings; what does not parse becomes a finding."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import csv as arrow_csv

from components.example_gen.csv_blocks import (
    Block,
    UnclosedQuoteError,
    read_blocks,
    split_header,
    uncompressed,
)
from components.example_gen.findings import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from components.example_gen.findings import Findings
    from components.example_gen.input_files import InputFile

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_NOT_UTF8 = re.compile("[\udc80-\udcff]+")  # how `surrogateescape` shows foreign bytes
_END = "\0 end of block"
_SAVE_AS_UTF8 = "save the file as UTF-8"


class CsvTable:
    """A CSV file with its header.

    Args:
        file: The file.
        names: Its header, without duplicates.
        findings: Receives what is wrong with its rows.
    """

    def __init__(self, file: InputFile, names: Sequence[str], findings: Findings) -> None:
        self.file = file
        self.names = tuple(names)
        self._findings = findings

    def blocks(self) -> Iterator[Block]:
        """Yields the file's rows after the header."""
        blocks = _blocks(self.file, self._findings)
        first = next(blocks, None)
        if first is not None:
            yield split_header(first)[1]
        yield from blocks

    def cells(self, block: Block) -> Mapping[str, pa.Array]:
        """Parses a block of rows; rows that do not parse are left out and become findings.

        Returns:
            Column by name: strings, null where a cell is empty.
        """
        if not block.data.strip(b"\r\n"):
            return {name: pa.array([], pa.string()) for name in self.names}
        if not block.data.isascii() and not self._is_utf8(block):
            block = block._replace(data=block.data.decode(errors="replace").encode())
        table, misfits = _parse(block.data, self.names)
        if misfits is None:
            self._report_quotes(block)
        elif misfits:
            self._report_misfits(block, misfits)
        columns = (column.combine_chunks() for column in table.columns)
        return dict(zip(self.names, columns, strict=True))

    def report_cells(
        self, block: Block, name: str, rows: Iterable[int], problem: Callable[[str], str], fix: str
    ) -> None:
        """Adds a finding for some rows' cells of a column.

        Args:
            block: Where the rows are.
            name: The column.
            rows: Indices of rows, as `cells` gave them.
            problem: Says of a cell, in quotes, what is wrong with it.
            fix: What to do about it.
        """
        wanted = set(rows)
        if self._findings.full:
            self._findings.count_more(self.file.name, len(wanted))
            return
        column = self.names.index(name)
        fitting = ((line, row) for line, row in block.rows() if len(row) == len(self.names))
        for index, (line, row) in enumerate(fitting):
            if index in wanted:
                said = problem(shown(row[column]))
                self._findings.add(self.file.name, f"line {line:,}", said, fix)

    def _is_utf8(self, block: Block) -> bool:
        try:
            block.data.decode()
        except UnicodeDecodeError:
            text = block.data.decode(errors="surrogateescape")
            for number, line in enumerate(text.split("\n"), start=block.line):
                if foreign := _NOT_UTF8.search(line):
                    self._report_bytes(number, foreign.group().encode(errors="surrogateescape"))
            return False
        return True

    def _report_bytes(self, line: int, foreign: bytes) -> None:
        problem = f"byte 0x{foreign[:1].hex().upper()} is not UTF-8"
        self._findings.add(self.file.name, f"line {line:,}", problem, _SAVE_AS_UTF8)

    def _report_misfits(self, block: Block, misfits: int) -> None:
        """Adds a finding for each row with too many or too few cells."""
        if self._findings.full:
            self._findings.count_more(self.file.name, misfits)
            return
        width = len(self.names)
        for line, row in block.rows():
            if len(row) != width:
                problem = f"{len(row)} cells, the header has {width}: {shown(','.join(row))}"
                fix = "mend the row; a cell that holds a comma is put into quotes"
                self._findings.add(self.file.name, f"line {line:,}", problem, fix)

    def _report_quotes(self, block: Block) -> None:
        place = f"line {block.line:,} or after it"
        problem = "a quote stands within a cell that is not in quotes"
        fix = "put the cell into quotes and write the quote twice"
        self._findings.add(self.file.name, place, problem, fix)


def open_table(file: InputFile, findings: Findings) -> CsvTable | None:
    """Reads the header of a file; None, and a finding, if it has none to go on with."""
    first = next(_blocks(file, findings), None)
    if first is None:
        return None
    try:
        header = split_header(first)[0]
        rows = header._replace(data=header.data.decode().encode()).rows()
        line, names = next(rows)
        if next(rows, None) is not None:
            problem = "lines end with a carriage return alone (CR)"
            findings.add(file.name, f"line {line:,}", problem, "save the file with LF or CRLF")
            return None
    except (StopIteration, UnicodeDecodeError, csv.Error):
        problem = "the header is not text in UTF-8"
        findings.add(file.name, "line 1", problem, _SAVE_AS_UTF8)
        return None
    return CsvTable(file, names, findings) if _is_header(names, file, line, findings) else None


def _is_header(names: Sequence[str], file: InputFile, line: int, findings: Findings) -> bool:
    place = f"line {line:,}"
    before = findings.count
    for number, name in enumerate(names, start=1):
        if not name:
            fix = "name it; pandas leaves its index out with to_csv(index=False)"
            findings.add(file.name, place, f"column {number} has no name", fix)
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        problem = f"{names.count(name)} columns have the name {name!r}"
        findings.add(file.name, place, problem, "give each column a name of its own")
    return findings.count == before


def _blocks(file: InputFile, findings: Findings) -> Iterator[Block]:
    """Yields a file's blocks; what cannot be read ends them with a finding."""
    try:
        with file.open() as opened:
            start = opened.read(2)
            opened.seek(0)
            if not start:
                findings.add(file.name, "", "the file is empty", "fill it, or take it out")
            elif start in _UTF16_MARKS:
                findings.add(file.name, "", "the file is UTF-16", _SAVE_AS_UTF8)
            else:
                yield from read_blocks(uncompressed(opened))
    except UnclosedQuoteError as error:
        problem = "a quote is opened in the row that begins here and never closed"
        fix = "copy the file again if it was cut off; a quote within a cell is written twice"
        findings.add(file.name, f"line {error.line:,}", problem, fix)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        problem = f"the compressed file is damaged or cut off ({error})"
        findings.add(file.name, "", problem, "copy the file again")
    except OSError as error:
        problem = f"the file cannot be read ({error.strerror or error})"
        findings.add(file.name, "", problem, "make it readable, or take it out")


def _parse(data: bytes, names: Sequence[str]) -> tuple[pa.Table, int | None]:
    """Parses rows.

    Returns:
        The rows that fit, as strings, and the number of those that do not. None instead of that
        number if the data ends within a quoted cell: then it was not cut between rows.
    """
    misfits: list[str] = []

    def skip(row: arrow_csv.InvalidRow) -> str:
        misfits.append(row.text)
        return "skip"

    # A row too many: Arrow sees it as one, or as part of a cell that is still open.
    last_row = _END + "," * len(names)
    data = data + f"\n{last_row}\n".encode()
    table = arrow_csv.read_csv(
        pa.BufferReader(data),
        # One block: it was cut between rows, where Arrow would cut anywhere.
        arrow_csv.ReadOptions(
            use_threads=False, block_size=len(data) + 1, column_names=list(names)
        ),
        arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    is_whole = bool(misfits) and misfits[-1] == last_row
    return table, len(misfits) - 1 if is_whole else None
