"""Rows of TFRecord files of tf.Example, verified, in their canonical serialization."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from google.protobuf.message import DecodeError

from components.example_gen.findings import Findings, unknown_name
from components.example_gen.labels import INFINITE, MISSING, UNLABELED_FIX, unlabeled
from components.missing_values import is_missing
from serving.tfrecords import CorruptRecordError, Record, read_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from components.example_gen.input_files import InputFile

_BATCH_RECORDS = 2048
_KINDS = {"bytes_list": "bytes", "float_list": "float", "int64_list": "int64"}


class _Kind(NamedTuple):
    """What a feature holds, by the first record that says so."""

    kind: str
    file: str
    place: str


def read_tfrecords(
    files: Sequence[InputFile], label: str | None, findings: Findings
) -> Iterator[list[bytes]]:
    """Yields the rows of all files, in batches.

    Args:
        files: TFRecord files, plain or compressed with gzip.
        label: Feature that every row needs to have a value in, or None.
        findings: Receives what is wrong; nothing is yielded after that.
    """
    reader = _Reader(label, findings)
    for file in files:
        yield from reader.batches(file)
    reader.end(files)


class _Reader:
    def __init__(self, label: str | None, findings: Findings) -> None:
        from tensorflow.core.example import example_pb2

        self._parse = example_pb2.Example.FromString
        self._label = label
        self._findings = findings
        # Told at the end: only then is it known whether any row has such a feature.
        self._unlabeled = Findings()
        self._label_exists = False
        self._names: set[str] = set()
        self._kinds: dict[str, _Kind] = {}

    def batches(self, file: InputFile) -> Iterator[list[bytes]]:
        """Yields a file's rows; what cannot be read ends them with a finding."""
        batch: list[bytes] = []
        for record in self._records(file):
            row = self._row(file, record)
            if row is not None:
                batch.append(row)
            if len(batch) == _BATCH_RECORDS:
                yield from self._accepted(batch)
                batch = []
        yield from self._accepted(batch)

    def end(self, files: Sequence[InputFile]) -> None:
        """Adds a finding for each row without label, or one if none has such a feature."""
        if self._label is not None and self._names and not self._label_exists:
            problem = f"no record has a feature {self._label!r}, which data.label names"
            fix = unknown_name(self._label, sorted(self._names))
            self._findings.add(files[0].name, "", problem, fix)
        else:
            self._findings.extend(self._unlabeled)

    def _accepted(self, batch: list[bytes]) -> Iterator[list[bytes]]:
        if batch and not self._findings.count and not self._unlabeled.count:
            yield batch

    def _row(self, file: InputFile, record: Record) -> bytes | None:
        try:
            example = self._parse(record.content)
        except DecodeError:
            example = None
        if example is None or not example.features.feature:
            # Other messages parse as an Example without features, so does an empty record.
            problem = "the record is no tf.Example with features"
            fix = "write tf.train.Example messages; take empty records out"
            self._findings.add(file.name, _place(record), problem, fix)
            return None
        self._check_kinds(file, record, example.features.feature)
        if self._label is not None:
            self._check_label(file, record, example.features.feature)
        canonical: bytes = example.SerializeToString(deterministic=True)
        return canonical

    def _check_kinds(self, file: InputFile, record: Record, features: Any) -> None:
        """Adds a finding for each feature that is of another kind than before."""
        for name, feature in features.items():
            kind = feature.WhichOneof("kind")
            first = self._kinds.get(name)
            if first is None:
                if kind is not None:
                    self._kinds[name] = _Kind(kind, file.name, _place(record))
            elif kind is not None and kind != first.kind:
                before = f"{_KINDS[first.kind]} in {first.file}, {first.place}"
                problem = f"feature {name} is {_KINDS[kind]}, but {before}"
                fix = "write the feature with the same type in all records, also where it is empty"
                self._findings.add(file.name, _place(record), problem, fix)

    def _check_label(self, file: InputFile, record: Record, features: Any) -> None:
        if self._label in features:
            self._label_exists = True
            fault = _fault(features[self._label])
        else:
            fault = MISSING
            if not self._label_exists:
                self._names.update(features)
        if fault is not None:
            problem = unlabeled(str(self._label), fault)
            self._unlabeled.add(file.name, _place(record), problem, UNLABELED_FIX)

    def _records(self, file: InputFile) -> Iterator[Record]:
        try:
            with file.open() as opened:
                if opened.read(1):
                    opened.seek(0)
                    yield from read_records(opened)
                else:
                    fix = "fill it, or take it out"
                    self._findings.add(file.name, "", "the file is empty", fix)
        except CorruptRecordError as error:
            fix = "copy or write the file again"
            self._findings.add(file.name, _place(error), error.problem, fix)
        except OSError as error:
            problem = f"the file cannot be read ({error.strerror or error})"
            self._findings.add(file.name, "", problem, "make it readable, or take it out")


def _place(where: Record | CorruptRecordError) -> str:
    return f"record {where.number:,}, byte {where.offset:,}"


def _fault(label: Any) -> str | None:
    kind = label.WhichOneof("kind")
    values = getattr(label, kind).value if kind else ()
    if not values or any(map(is_missing, values)):
        return MISSING
    return INFINITE if kind == "float_list" and any(map(math.isinf, values)) else None
