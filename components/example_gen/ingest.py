"""From files to splits: reads, checks, deals, shuffles and writes, in batches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from components.example_gen.findings import Findings
from components.example_gen.input_files import (
    LEAVE_ALONE,
    Watch,
    find_files,
    fingerprint_of,
)
from components.example_gen.shuffling import Shuffle
from components.example_gen.split_files import write_split
from components.example_gen.splitting import Splitter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from components.example_gen.column_types import ColumnType
    from components.example_gen.input_files import InputFile
    from components.example_gen.source import Format


@dataclass(frozen=True)
class Request:
    """What to read.

    Attributes:
        folder: A path or URI.
        pattern: A glob below it.
        data_format: Format of the files.
        splits: Hash buckets of each split.
        label: Column that every row needs to have a value in, or None.
        declared: Types that the configuration gives to CSV columns.
        in_schema: Types that the curated schema gives to CSV columns.
        fingerprint: What TFX's cache was told of the files; empty where it was told nothing.
    """

    folder: str
    pattern: str
    data_format: Format
    splits: Mapping[str, int]
    label: str | None = None
    declared: Mapping[str, ColumnType] = field(default_factory=dict)
    in_schema: Mapping[str, ColumnType] = field(default_factory=dict)
    fingerprint: str = ""


def ingest(request: Request, uri: str, scratch: str | None = None) -> dict[str, int]:
    """Reads files and writes their rows as splits, shuffled.

    Args:
        request: What to read.
        uri: Folder to write to; nothing is written there before all files were found good.
        scratch: Folder for temporary files; None is the system's.

    Returns:
        Rows of each split.

    Raises:
        DataRefusedError: The files are at fault.
    """
    files = _files(request)
    watch = Watch(files)
    with Shuffle(tuple(request.splits), watch.total_bytes, scratch) as shuffle:
        try:
            _read(request, files, shuffle)
        except Exception:
            _refuse_changed(watch)  # explains whatever else is wrong
            raise
        _refuse_changed(watch)
        _refuse_others(request, files)
        _refuse_empty(files, shuffle.rows)
        for split in request.splits:
            write_split(uri, split, shuffle.batches(split))
        return shuffle.rows


def _read(request: Request, files: Sequence[InputFile], shuffle: Shuffle) -> None:
    findings = Findings()
    splitter = Splitter(request.splits)
    for batch in _batches(request, files, findings):
        shuffle.add(splitter.deal(batch))
    findings.refuse_any()


def _batches(
    request: Request, files: Sequence[InputFile], findings: Findings
) -> Iterator[list[bytes]]:
    if request.data_format == "csv":
        from components.example_gen.csv_rows import read_csv

        return read_csv(files, request.label, request.declared, request.in_schema, findings)
    if request.data_format == "parquet":
        from components.example_gen.parquet_rows import read_parquet

        return read_parquet(files, request.label, findings)
    from components.example_gen.tfrecord_rows import read_tfrecords

    return read_tfrecords(files, request.label, findings)


def _files(request: Request) -> tuple[InputFile, ...]:
    files = find_files(request.folder, request.pattern, request.data_format)
    if not files:
        findings = Findings()
        fix = f"put {request.data_format} files there, or correct data.path and data.format"
        problem = f"no file matches {request.pattern}"
        findings.add(request.folder, "", problem, fix)
        findings.refuse_any()
    return files


def _refuse_changed(watch: Watch) -> None:
    findings = Findings()
    watch.report(findings)
    findings.refuse_any()


def _refuse_others(request: Request, files: Sequence[InputFile]) -> None:
    """Refuses files that changed after TFX's cache was asked, and before they were watched.

    The cache would have other rows than those of its key, and give them out where nothing is new.
    """
    if request.fingerprint and fingerprint_of(files) != request.fingerprint:
        findings = Findings()
        place = f"{request.folder}/{request.pattern}"
        findings.add(place, "", "changed while it was read", LEAVE_ALONE)
        findings.refuse_any()


def _refuse_empty(files: Sequence[InputFile], rows: Mapping[str, int]) -> None:
    findings = Findings()
    names = files[0].name if len(files) == 1 else f"{len(files)} files"
    for split in [split for split, count in rows.items() if not count]:
        others = ", ".join(f"{name} {count:,}" for name, count in rows.items() if name != split)
        problem = f"split {split} has no rows (rows of {others})"
        fix = "add data, or give the split more hash buckets in data.splits"
        findings.add(names, "", problem, fix)
    findings.refuse_any()
