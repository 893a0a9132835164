"""Files to read, and what reading them gives."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from tf_example import Example

from components.example_gen import ingest as ingesting
from components.example_gen import shuffling
from components.example_gen.column_types import ColumnType
from components.gates import DataRefusedError
from serving.tfrecords import read_records

ONE_SPLIT = {"all": 1}


@pytest.fixture
def folder(tmp_path):
    """The folder that is read."""
    path = tmp_path / "data"
    path.mkdir()
    return path


class InOrder(shuffling.Shuffle):
    """Gives rows out as they came in."""

    def batches(self, split):
        for file in self._files[split]:
            yield list(shuffling._taken_in(file))


@pytest.fixture
def read(folder, tmp_path, monkeypatch):
    """Ingests the files of a format; returns the rows, not shuffled, as serialized examples."""
    monkeypatch.setattr(ingesting, "Shuffle", InOrder)

    def read_all(
        data_format="csv",
        label=None,
        declared=None,
        in_schema=None,
        splits=ONE_SPLIT,
        fingerprint="",
    ):
        out = tmp_path / "out"
        types = [
            {name: ColumnType(kind) for name, kind in (given or {}).items()}
            for given in (declared, in_schema)
        ]
        ingesting.ingest(
            ingesting.Request(str(folder), "*", data_format, splits, label, *types, fingerprint),
            str(out),
        )
        return [content for split in splits for content in records(out, split)]

    return read_all


def records(out, split):
    (path,) = (out / f"Split-{split}").iterdir()
    with path.open("rb") as file:
        return [record.content for record in read_records(file)]


@pytest.fixture
def rows(read):
    """Ingests; returns the rows in order, each a mapping of column to list of values or None."""

    def parsed(*arguments, **settings):
        examples = map(Example.FromString, read(*arguments, **settings))
        return [
            {name: _values(feature) for name, feature in example.features.feature.items()}
            for example in examples
        ]

    return parsed


def _values(feature):
    kind = feature.WhichOneof("kind")
    return list(getattr(feature, kind).value) if kind else None


@pytest.fixture
def refusal(read):
    """Ingests what is refused; returns the verdict's parts."""

    def refused(*arguments, **settings):
        with pytest.raises(DataRefusedError) as caught:
            read(*arguments, **settings)
        verdict = caught.value.verdict
        assert not verdict.passed
        assert verdict.columns == ("file", "where", "finding", "what to do")
        return SimpleNamespace(
            headline=verdict.headline,
            places=[row[:2] for row in verdict.rows],
            problems=[row[2] for row in verdict.rows],
            fixes=[row[3] for row in verdict.rows],
            advice=verdict.advice,
        )

    return refused
