"""Rows of Parquet files as serialized tf.Examples.

TFX's own conversion (1.21, `dict_to_example`) tests a value for truth: it drops every 0, 0.0, False
and empty text as if it were missing, a label of 0 too. Here only a null is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from components.example_gen.encoding import encode_rows
from components.example_gen.findings import shown
from components.example_gen.labels import (
    UNLABELED_FIX,
    check_label_column,
    label_faults,
    unlabeled,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from components.example_gen.findings import Findings
    from components.example_gen.input_files import InputFile

_BATCH_ROWS = 8192
_COPY_AGAIN = "copy or write the file again"


class _Table(NamedTuple):
    file: InputFile
    schema: pa.Schema
    rows: int


def read_parquet(
    files: Sequence[InputFile], label: str | None, findings: Findings
) -> Iterator[list[bytes]]:
    """Yields the rows of all files, in batches.

    Integers and booleans become int64, floats float32, texts UTF-8 bytes; a list becomes several
    values, a null none.

    Args:
        files: Files of the same columns, in any order.
        label: Column that every row needs to have a value in, or None.
        findings: Receives what is wrong.

    Raises:
        DataRefusedError: Schemas are wrong. What is wrong with a row is only a finding.
    """
    opened = (_open(file, findings) for file in files)
    tables = [table for table in opened if table is not None]
    kinds = _check_schemas(tables, label, findings)
    findings.refuse_any()
    for table in tables:
        first = 1
        for batch in _batches(table, findings):
            columns = {
                name: _converted(table, first, name, batch.column(name), kind, findings)
                for name, kind in kinds.items()
            }
            if label is not None:
                for fault, rows in label_faults(columns[label]):
                    for row in rows:
                        place = _row(first + row)
                        problem = unlabeled(label, fault)
                        findings.add(table.file.name, place, problem, UNLABELED_FIX)
            if not findings.count:
                yield encode_rows(columns)
            first += len(batch)


def example_type(kind: pa.DataType) -> pa.DataType | None:
    """Returns the type that a column takes in a tf.Example; None if there is none.

    Args:
        kind: Type of the column in the file.
    """
    if pa.types.is_dictionary(kind):
        return example_type(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        item = example_type(kind.value_type)
        nested = item is None or pa.types.is_large_list(item) or pa.types.is_null(item)
        return None if nested else pa.large_list(item)
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return pa.int64()
    if pa.types.is_floating(kind):
        return pa.float32()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or _is_bytes(kind):
        return pa.large_binary()
    return kind if pa.types.is_null(kind) else None


def _is_bytes(kind: pa.DataType) -> bool:
    is_fixed: bool = pa.types.is_fixed_size_binary(kind) and not pa.types.is_decimal(kind)
    return is_fixed or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _open(file: InputFile, findings: Findings) -> _Table | None:
    try:
        with file.open() as opened:
            if not opened.read(1):
                findings.add(file.name, "", "the file is empty", "fill it, or take it out")
                return None
            opened.seek(0)
            its = parquet.ParquetFile(opened)
            return _Table(file, its.schema_arrow, its.metadata.num_rows)
    except (pa.ArrowException, OSError) as error:
        problem = f"the file is no readable Parquet file ({_first_line(error)})"
        findings.add(file.name, "", problem, _COPY_AGAIN)
        return None


def _check_schemas(
    tables: Sequence[_Table], label: str | None, findings: Findings
) -> dict[str, pa.DataType]:
    """Compares all schemas with the first file's; returns the type of each column."""
    kinds: dict[str, pa.DataType] = {}
    source: dict[str, tuple[str, pa.DataType]] = {}
    for table in tables:
        names = table.schema.names
        _check_names(table, tables[0], findings)
        for name in dict.fromkeys(names):
            kind = table.schema.types[names.index(name)]
            wanted = example_type(kind)
            if wanted is None:
                _report_unsupported(table, name, kind, findings)
                continue
            # A column of nulls fits any.
            known = kinds.get(name)
            if known is None or pa.types.is_null(known):
                kinds[name], source[name] = wanted, (table.file.name, kind)
            elif wanted not in (known, pa.null()):
                other, its = source[name]
                problem = f"column {name} is {kind}, in {other} it is {its}"
                fix = "write all files with the same types"
                findings.add(table.file.name, "schema", problem, fix)
    if tables:
        names, file = tables[0].schema.names, tables[0].file.name
        check_label_column(label, names, file, "schema", findings)
        if not any(table.rows for table in tables):
            findings.add(file, "", "the file has no rows", "fill it, or give other files")
    return kinds


def _check_names(table: _Table, first: _Table, findings: Findings) -> None:
    names, others = table.schema.names, first.schema.names
    said = [f"it has no column {name!r}" for name in others if name not in names]
    said += [f"it has {name!r}" for name in names if name not in others]
    if said:
        problem = f"unlike {first.file.name}, {' and '.join(said)}"
        fix = "give all files the same columns, or read them apart"
        findings.add(table.file.name, "schema", problem, fix)
    for name in sorted({name for name in names if names.count(name) > 1}):
        problem = f"{names.count(name)} columns have the name {name!r}"
        fix = "give each column a name of its own"
        findings.add(table.file.name, "schema", problem, fix)


def _report_unsupported(table: _Table, name: str, kind: pa.DataType, findings: Findings) -> None:
    problem = f"column {name} is {kind}"
    fix = "convert it: a tf.Example holds texts, bytes, numbers, booleans and lists of them"
    findings.add(table.file.name, "schema", problem, fix)


def _batches(table: _Table, findings: Findings) -> Iterator[Any]:
    try:
        with table.file.open() as opened:
            yield from parquet.ParquetFile(opened).iter_batches(_BATCH_ROWS, use_threads=False)
    except (pa.ArrowException, OSError) as error:
        findings.add(
            table.file.name, "", f"the file is damaged ({_first_line(error)})", _COPY_AGAIN
        )


def _converted(
    table: _Table,
    first: int,
    name: str,
    column: pa.Array,
    kind: pa.DataType,
    findings: Findings,
) -> pa.Array:
    """Converts a batch's column; values that do not convert become findings and nulls."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    if pa.types.is_large_list(kind):
        _check_items(table, first, name, column, findings)
    try:
        # Losing digits is what float32 means; losing a whole number's value is not.
        return column.cast(kind, safe=not pa.types.is_floating(kind))
    except pa.ArrowInvalid as error:
        problem = f"column {name}: {_first_line(error)}"
        fix = "convert it: whole numbers have 64 bits with sign"
        findings.add(table.file.name, f"{_row(first)} or after it", problem, fix)
        return pa.nulls(len(column), kind)


def _check_items(
    table: _Table, first: int, name: str, column: pa.Array, findings: Findings
) -> None:
    if not pc.any(pc.list_flatten(column).is_null()).as_py():
        return
    for index in np.unique(np.asarray(_parents_of_nulls(column))).tolist():
        problem = f"{name}: a null within the list {shown(str(column[index].as_py()))}"
        fix = "take nulls out of the list"
        findings.add(table.file.name, _row(first + index), problem, fix)


def _parents_of_nulls(column: pa.Array) -> pa.Array:
    return pc.list_parent_indices(column).filter(pc.list_flatten(column).is_null())


def _row(number: int) -> str:
    return f"row {number:,}"


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
