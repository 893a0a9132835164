"""Buckets through TFX's `fileio`, with a local folder in the place of the storage."""

from __future__ import annotations

import json

import pytest

START = """
from pathlib import Path
from pipeline import lean_buckets
lean_imports.prepare_execution()
from pyarrow import fs
from tfx.dsl.io import fileio
root = Path(sys.argv[1])
lean_buckets._storage = lambda: fs.SubTreeFileSystem(str(root), fs.LocalFileSystem())
(root / "bucket" / "day-1").mkdir(parents=True)
(root / "bucket" / "day-2").mkdir()
rows = "".join(f"{n},b\\n" for n in range(300))
(root / "bucket" / "day-1" / "a.csv").write_text("x,y\\n" + rows)
(root / "bucket" / "day-2" / "b.csv").write_text("x,y\\n1,c\\n")
(root / "bucket" / "day-2" / "c.txt").write_text("no")
"""
LOOK = """
missing = []
for call in (fileio.stat, fileio.open):
    try:
        call("gs://bucket/none")
    except fileio.NotFoundError:
        missing.append(call.__name__)
answer({
    "glob": fileio.glob("gs://bucket/*/*.csv"),
    "one": fileio.glob("gs://bucket/day-1/a.csv"),
    "none": fileio.glob("gs://bucket/nowhere/*"),
    "list": sorted(fileio.listdir("gs://bucket/day-2")),
    "folder": [fileio.isdir("gs://bucket/day-1"), fileio.isdir("gs://bucket/day-2/b.csv")],
    "exists": [fileio.exists("gs://bucket/day-2/b.csv"), fileio.exists("gs://bucket/none")],
    "stat": [fileio.stat("gs://bucket/day-2/b.csv").length,
             fileio.stat("gs://bucket/day-2/b.csv").mtime_nsec
             == (root / "bucket/day-2/b.csv").stat().st_mtime_ns],
    "text": fileio.open("gs://bucket/day-2/b.csv").read(),
    "bytes": fileio.open("gs://bucket/day-2/b.csv", "rb").read().decode(),
    "missing": missing,
})
"""
WRITE = """
from components.gates import Verdict, read_verdict, write_verdict
from tfx.utils import io_utils
refused = []
def refuses(call, *arguments, **options):
    try:
        call(*arguments, **options)
    except fileio.NotFoundError:
        refused.append(call.__name__)
    except (OSError, ValueError) as error:
        refused.append(str(error))

out = "gs://bucket/runs/taxi"
fileio.makedirs(f"{out}/SchemaGen/schema/3")
fileio.makedirs(f"{out}/SchemaGen/schema/3")
write_verdict(f"{out}/SchemaGen/schema/3", Verdict(True, "good \u2713"))
with fileio.open(f"{out}/bytes", "wb") as file:
    file.write(b"1")
with fileio.open(f"{out}/bytes", "wb") as file:
    file.write(b"22")
fileio.copy(f"{out}/bytes", f"{out}/other")
refuses(fileio.copy, f"{out}/bytes", f"{out}/other")
fileio.copy(f"{out}/bytes", f"{out}/other", overwrite=True)
fileio.rename(f"{out}/other", f"{out}/moved")
refuses(fileio.rename, f"{out}/bytes", f"{out}/moved")
fileio.copy(f"{out}/bytes", str(root / "here"))
io_utils.copy_dir(f"{out}/SchemaGen", str(root / "fetched"))
walked = {way: list(fileio.walk(out, topdown=way == "down")) for way in ("down", "up")}
fileio.remove(f"{out}/moved")
refuses(fileio.remove, f"{out}/moved")
refuses(fileio.open, f"{out}/bytes", "a")
verdict = read_verdict(f"{out}/SchemaGen/schema/3").headline
fileio.rmtree(f"{out}/SchemaGen")
refuses(fileio.rmtree, f"{out}/SchemaGen")
answer({
    "verdict": verdict,
    "here": (root / "here").read_text(),
    "fetched": sorted(str(p.relative_to(root)) for p in (root / "fetched").rglob("*.json")),
    "down": walked["down"], "up": walked["up"], "refused": refused, "left": fileio.listdir(out),
})
"""
INGEST = """
from components.example_gen.ingest import Request, ingest
from components.gates import DataRefusedError
request = Request("gs://bucket", "*/*.csv", "csv", {"all": 1})
rows = ingest(request, str(root / "out"))
(root / "bucket" / "day-2" / "b.csv").write_text("x,y\\n1\\n")
try:
    ingest(request, str(root / "out"))
except DataRefusedError as error:
    answer([rows, str(error)])
"""
SOURCES = """
from components.example_gen.driver import NoInputError, input_fingerprint
from components.example_gen.ingest import Request, ingest
from components.example_gen.source import source_of

def read(uri):
    source = source_of(uri, "csv")
    config = json.dumps({"splits": [{"name": "all", "pattern": source.pattern}]})
    parameters = {"input_base": source.base, "input_config": config, "data_format": "csv"}
    files = input_fingerprint(parameters).partition(",")[0]
    return [files, ingest(Request(*source, "csv", {"all": 1}), str(root / "out"))["all"]]

refused = []
try:
    read("gs://bucket/none")
except NoInputError as error:
    refused.append(str(error))
answer([[read(uri) for uri in json.loads(sys.argv[2])], refused])
"""


@pytest.fixture
def on_storage(leanly, tmp_path):
    """Runs a snippet on a bucket with three files."""
    return lambda snippet, *more: leanly(START + snippet, str(tmp_path), *more)


def test_files_of_a_bucket_are_seen_and_read(on_storage):
    assert on_storage(LOOK) == {
        "glob": ["gs://bucket/day-1/a.csv", "gs://bucket/day-2/b.csv"],
        "one": ["gs://bucket/day-1/a.csv"],
        "none": [],
        "list": ["b.csv", "c.txt"],
        "folder": [True, False],
        "exists": [True, False],
        "stat": [8, True],
        "text": "x,y\n1,c\n",
        "bytes": "x,y\n1,c\n",
        "missing": ["stat", "open"],
    }


def test_example_gen_reads_a_bucket(on_storage):
    rows, refusal = on_storage(INGEST)

    assert rows == {"all": 301}
    assert refusal == "day-2/b.csv, line 2: 1 cells, the header has 2: '1'"


def test_example_gen_reads_a_folder_a_file_and_a_glob_of_a_bucket(on_storage):
    folder = ["gs://bucket/day-1", "gs://bucket/day-1/"]
    uris = [*folder, "gs://bucket/day-1/a.csv", "gs://bucket/day-*/*.csv"]

    read, refused = on_storage(SOURCES, json.dumps(uris))

    assert read == [*[["files:1", 300]] * 3, ["files:2", 301]]
    assert len(refused) == 1
    assert refused[0].startswith("no file matches gs://bucket/none")


def test_what_nodes_write_goes_into_a_bucket(on_storage):
    found = on_storage(WRITE)
    out = "gs://bucket/runs/taxi"
    below = [
        [f"{out}/SchemaGen", ["schema"], []],
        [f"{out}/SchemaGen/schema", ["3"], []],
        [f"{out}/SchemaGen/schema/3", [], ["verdict.json"]],
    ]

    assert found["verdict"] == "good \u2713"
    assert found["here"] == "22"
    assert found["fetched"] == ["fetched/schema/3/verdict.json"]
    assert found["down"] == [[out, ["SchemaGen"], ["bytes", "moved"]], *below]
    assert found["up"] == found["down"][::-1]
    assert found["refused"] == [
        f"{out}/other is there already, and is not to be overwritten",
        f"{out}/moved is there already, and is not to be overwritten",
        "remove",
        f"{out}/bytes: a file of a bucket cannot be opened with mode 'a'",
        "rmtree",
    ]
    assert found["left"] == ["bytes"]
