"""Rows of CSV files as serialized tf.Examples, in two passes: check and type all, then encode."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.example_gen.column_types import (
    Columns,
    ColumnType,
    Demand,
    Tally,
    decide,
)
from components.example_gen.csv_table import CsvTable, open_table
from components.example_gen.encoding import encode_rows
from components.example_gen.findings import unknown_name
from components.example_gen.labels import (
    UNLABELED_FIX,
    check_label_column,
    label_faults,
    unlabeled,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from components.example_gen.csv_blocks import Block
    from components.example_gen.findings import Findings
    from components.example_gen.input_files import InputFile

_ARROW_TYPES = {
    ColumnType.INT: pa.int64(),
    ColumnType.FLOAT: pa.float64(),
    ColumnType.TEXT: pa.binary(),
}


def read_csv(
    files: Sequence[InputFile],
    label: str | None,
    declared: Mapping[str, ColumnType],
    in_schema: Mapping[str, ColumnType],
    findings: Findings,
) -> Iterator[list[bytes]]:
    """Yields the rows of all files, in batches.

    Args:
        files: Files with a header each, of the same columns in any order; UTF-8, with or without
            byte order mark, plain or compressed with gzip.
        label: Column that every row needs to have a value in, or None.
        declared: Types that the configuration gives to columns.
        in_schema: Types that the curated schema gives to columns.
        findings: Receives what is wrong.

    Raises:
        DataRefusedError: Something is wrong. A row without label is only a finding.
    """
    tables = _open_all(files, findings)
    if tables:
        _check_names(tables[0], label, declared, findings)
    tallies = _tally(tables, findings)
    findings.refuse_any()
    columns = decide(tallies, declared, in_schema)
    if columns.broken:
        _explain(tables, columns, label)
    findings.refuse_any()
    for table in tables:
        for block in table.blocks():
            cells = table.cells(block)
            values = {name: typed(cells[name], kind) for name, kind in columns.types.items()}
            _check_values(table, block, label, values)
            if not findings.count:
                yield encode_rows(values)


def typed(cells: pa.Array, kind: ColumnType | None) -> pa.Array:
    """Converts strings to a column's type.

    Args:
        cells: Strings that fit the type; null where a cell is empty.
        kind: The type, or None for a column without any value.

    Returns:
        int64, float32, binary or null.
    """
    if kind is None:
        return pa.nulls(len(cells))
    try:
        values = cells.cast(_ARROW_TYPES[kind])
    except pa.ArrowInvalid:
        # Arrow knows neither a plus sign nor spaces around a number.
        plain = pc.replace_substring_regex(cells, r"^[ \t]*\+?|[ \t]*$", "")
        values = plain.cast(_ARROW_TYPES[kind])
    # In two steps, as TFX does: a decimal rounded twice may differ in its last bit.
    return values.cast(pa.float32()) if kind is ColumnType.FLOAT else values


def _open_all(files: Sequence[InputFile], findings: Findings) -> list[CsvTable]:
    """Returns the files whose headers agree with the first one's."""
    opened = (open_table(file, findings) for file in files)
    tables = [table for table in opened if table is not None]
    return [table for table in tables if _is_sibling(table, tables[0], findings)]


def _is_sibling(table: CsvTable, first: CsvTable, findings: Findings) -> bool:
    lacks = [name for name in first.names if name not in table.names]
    adds = [name for name in table.names if name not in first.names]
    if not lacks and not adds:
        return True
    said = [f"has no column {name!r}" for name in lacks] + [f"has {name!r}" for name in adds]
    problem = f"unlike {first.file.name}, it {' and '.join(said)}"
    fix = "give all files the same columns, or read them apart"
    findings.add(table.file.name, "line 1", problem, fix)
    return False


def _check_names(
    table: CsvTable,
    label: str | None,
    declared: Mapping[str, ColumnType],
    findings: Findings,
) -> None:
    file = table.file.name
    check_label_column(label, table.names, file, "line 1", findings)
    for name in declared:
        if name not in table.names:
            problem = f"no column {name!r}, which data.types names"
            findings.add(file, "line 1", problem, unknown_name(name, table.names))


def _tally(tables: Sequence[CsvTable], findings: Findings) -> dict[str, Tally]:
    """Parses everything once; returns what the columns came to."""
    tallies = {name: Tally() for name in tables[0].names} if tables else {}
    rows = 0
    for table in tables:
        for block in table.blocks():
            cells = table.cells(block)
            for name, column in cells.items():
                tallies[name].add(column)
            rows += len(cells[table.names[0]])
    if not rows and not findings.count:
        for table in tables:
            fix = "fill it, or take it out and give other files"
            findings.add(table.file.name, "", "the file has a header and no rows", fix)
    return tallies


def _explain(tables: Sequence[CsvTable], columns: Columns, label: str | None) -> None:
    """Parses everything again; adds a finding for each cell that its column forbids."""
    for table in tables:
        for block in table.blocks():
            cells = table.cells(block)
            for name, demand in columns.broken.items():
                _check_type(table, block, name, demand, cells[name])
            if label is not None and label not in columns.broken:
                _check_labels(table, block, label, typed(cells[label], columns.types[label]))


def _check_type(table: CsvTable, block: Block, name: str, demand: Demand, cells: pa.Array) -> None:
    bad = demand.violations(cells)
    if bad:
        kind = "integer" if demand.type is ColumnType.INT else "number"
        table.report_cells(
            block, name, bad, lambda cell: f"{name}: {cell} is no {kind}", demand.fix
        )


def _check_values(
    table: CsvTable, block: Block, label: str | None, values: Mapping[str, pa.Array]
) -> None:
    for name, column in values.items():
        if name == label:
            _check_labels(table, block, name, column)
        elif pa.types.is_floating(column.type):
            _check_finite(table, block, name, column)


def _check_labels(table: CsvTable, block: Block, label: str, values: pa.Array) -> None:
    for fault, rows in label_faults(values):
        problem = functools.partial(_whatever_it_is, unlabeled(label, fault))
        table.report_cells(block, label, rows, problem, UNLABELED_FIX)


def _whatever_it_is(problem: str, _cell: str) -> str:
    return problem


def _check_finite(table: CsvTable, block: Block, name: str, values: pa.Array) -> None:
    rows = np.flatnonzero(np.asarray(pc.is_inf(values).fill_null(False)))
    if len(rows):
        table.report_cells(
            block,
            name,
            rows.tolist(),
            lambda cell: f"{name}: {cell} is no finite number of 32 bits",
            "mend or empty the cell",
        )
