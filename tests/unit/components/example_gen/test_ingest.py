"""From files to splits: what is written, and what makes it worthless."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.example_gen import ingest as ingesting
from components.example_gen.input_files import InputFile, find_files, fingerprint_of
from components.gates import DataRefusedError

ROOT = Path(__file__).resolve().parents[4]
TWO = {"train": 2, "eval": 1}
TABLE = "x,y\n" + "".join(f"{number},a\n" for number in range(300))


def test_rows_are_counted_by_split_and_written_as_tfx_does(folder, tmp_path):
    (folder / "a.csv").write_text(TABLE)
    out = tmp_path / "out"

    rows = ingesting.ingest(ingesting.Request(str(folder), "*.csv", "csv", TWO), str(out))

    assert sum(rows.values()) == 300
    assert rows["train"] > rows["eval"] > 0
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.gz")) == [
        "Split-eval/data_tfrecord-00000-of-00001.gz",
        "Split-train/data_tfrecord-00000-of-00001.gz",
    ]


def test_the_same_rows_give_the_same_bytes(folder, tmp_path):
    (folder / "a.csv").write_text(TABLE)
    request = ingesting.Request(str(folder), "*.csv", "csv", TWO)
    for name in ("first", "second"):
        ingesting.ingest(request, str(tmp_path / name))

    first, second = (
        [path.read_bytes() for path in sorted((tmp_path / name).rglob("*.gz"))]
        for name in ("first", "second")
    )
    assert first == second


def test_a_split_without_rows(folder, refusal):
    (folder / "a.csv").write_text("x\n1\n")

    found = refusal(splits=TWO)

    assert found.headline in (
        "a.csv: split eval has no rows (rows of train 1)",
        "a.csv: split train has no rows (rows of eval 1)",
    )
    assert found.fixes == ["add data, or give the split more hash buckets in data.splits"]


def test_no_file(folder, refusal):
    (folder / "folder.csv").mkdir()

    found = refusal()

    assert found.headline == f"{folder}: no file matches *"
    assert "data.path" in found.fixes[0]


def append(path):
    with path.open("a") as file:
        file.write("7,b\n")


def touch(path):
    os.utime(path, ns=(1, 1))


def replace(path):
    status = path.stat()
    twin = path.with_suffix(".new")
    twin.write_text(TABLE)
    os.utime(twin, ns=(status.st_atime_ns, status.st_mtime_ns))
    twin.replace(path)


@pytest.mark.parametrize("change", [append, touch, replace, Path.unlink])
def test_a_file_that_changes_while_it_is_read(folder, refusal, monkeypatch, change):
    path = folder / "a.csv"
    path.write_text(TABLE)
    deal = ingesting.Splitter.deal

    def deal_late(self, records):
        change(path)
        monkeypatch.setattr(ingesting.Splitter, "deal", deal)
        return deal(self, records)

    monkeypatch.setattr(ingesting.Splitter, "deal", deal_late)

    found = refusal()

    what = "was removed" if change is Path.unlink else "changed"
    assert found.headline == f"a.csv: {what} while it was read"
    assert found.fixes[0].startswith("run again")


def test_a_change_between_the_passes_is_no_crash(folder, refusal, monkeypatch):
    from components.example_gen import csv_rows

    path = folder / "a.csv"
    path.write_text(TABLE)
    decide = csv_rows.decide

    def decide_late(*arguments):
        path.write_text(TABLE.replace("7,", "seven,"))
        return decide(*arguments)

    monkeypatch.setattr(csv_rows, "decide", decide_late)

    assert refusal().headline == "a.csv: changed while it was read"


def test_a_change_explains_what_else_was_found(folder, refusal, monkeypatch):
    path = folder / "a.csv"
    path.write_text('x,y\n1,"half')
    refuse = ingesting.Findings.refuse_any

    def change_and_refuse(self):
        if self.shown and "quote" in self.shown[0].problem:
            append(path)
        refuse(self)

    monkeypatch.setattr(ingesting.Findings, "refuse_any", change_and_refuse)

    assert refusal().headline == "a.csv: changed while it was read"


def arrive(path):
    path.with_name("b.csv").write_text(TABLE)


@pytest.mark.parametrize("change", [append, arrive])
def test_a_change_after_the_cache_was_asked(folder, refusal, change):
    path = folder / "a.csv"
    path.write_text(TABLE)
    known = fingerprint_of(find_files(str(folder), "*", "csv"))
    change(path)

    found = refusal(fingerprint=known)

    assert found.headline == f"{folder}/*: changed while it was read"
    assert found.fixes[0].startswith("run again")


def test_files_that_arrive_once_reading_has_begun_are_the_next_runs(folder, tmp_path, monkeypatch):
    path = folder / "a.csv"
    path.write_text(TABLE)
    known = fingerprint_of(find_files(str(folder), "*", "csv"))
    deal = ingesting.Splitter.deal

    def deal_late(self, records):
        arrive(path)
        return deal(self, records)

    monkeypatch.setattr(ingesting.Splitter, "deal", deal_late)
    request = ingesting.Request(str(folder), "*", "csv", TWO, fingerprint=known)

    assert sum(ingesting.ingest(request, str(tmp_path / "out")).values()) == 300


@pytest.mark.parametrize("writing", ["shuffling.pickle.dump", "split_files.framed"])
def test_a_full_disk_is_not_the_datas_fault(folder, read, monkeypatch, writing):
    (folder / "a.csv").write_text(TABLE)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"components.example_gen.{writing}", fail)

    with pytest.raises(OSError, match="No space left"):
        read()


def test_files_are_found_by_name_below_their_folder(tmp_path):
    for name in ("b/2.csv", "b/1.csv", "a/3.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    files = find_files(str(tmp_path), "*/*.csv", "csv")

    assert [file.name for file in files] == ["a/3.csv", "b/1.csv", "b/2.csv"]
    assert files[0].path == str(tmp_path / "a/3.csv")


def test_a_file_that_is_gone_has_no_state(tmp_path):
    assert InputFile(str(tmp_path / "x"), "x").state() is None


def test_memory_does_not_grow_with_the_file(folder, tmp_path):
    """Python's and Arrow's memory together, at its peak."""
    import tracemalloc

    import pyarrow as pa

    row = f"{'text ' * 20},1.5\n"

    def peak(megabytes):
        (folder / "a.csv").write_text("x,y\n" + row * (megabytes * 1_000_000 // len(row)))
        request = ingesting.Request(str(folder), "*.csv", "csv", {"all": 1})
        before = pa.total_allocated_bytes()
        tracemalloc.start()
        try:
            ingesting.ingest(request, str(tmp_path / "out"))
            return tracemalloc.get_traced_memory()[1] + pa.total_allocated_bytes() - before
        finally:
            tracemalloc.stop()

    peak(1)  # imports
    assert peak(5) < 1.5 * peak(2)


def test_the_core_needs_neither_tfx_nor_tensorflow(folder, tmp_path):
    (folder / "a.csv").write_text(TABLE)
    snippet = (
        "import sys; from components.example_gen.ingest import Request, ingest;"
        f"ingest(Request({str(folder)!r}, '*.csv', 'csv', {TWO}), {str(tmp_path / 'out')!r});"
        "heavy = {'tensorflow', 'tfx', 'apache_beam', 'tfx_bsl'} & sys.modules.keys();"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", snippet], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_a_refusal_is_an_error_with_a_verdict(folder, tmp_path):
    request = ingesting.Request(str(folder), "*.csv", "csv", TWO)

    with pytest.raises(DataRefusedError, match="no file matches") as caught:
        ingesting.ingest(request, str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
    assert str(caught.value) == caught.value.verdict.headline
