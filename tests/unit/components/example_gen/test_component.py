"""ExampleGen's interface, and its executor among lean imports."""

from __future__ import annotations

import json

import pytest

INTERFACE = """
from components.example_gen.component import ExampleGen
node = ExampleGen("/data/*.csv", "csv", {"train": 2, "eval": 1}, "tips", {"zip": "text"}, {})
answer({
    "class": node.executor_spec.encode().class_path,
    "properties": node.exec_properties,
    "heavy": sorted({"apache_beam", "pyarrow", "pandas"} & sys.modules.keys()),
})
"""
EXECUTION = """
from pathlib import Path
lean_imports.prepare_execution()
from components.example_gen.component import ExampleGen
from components.example_gen.executor import Executor
from tfx.types import standard_artifacts
folder = Path(sys.argv[1])
(folder / "a.csv").write_text("x,y\\n" + "".join(f"{n},b\\n" for n in range(300)))
node = ExampleGen(str(folder), "csv", {"train": 2, "eval": 1}, "x")
examples = standard_artifacts.Examples()
examples.uri = str(folder / "out")
Executor().Do({}, {"examples": [examples]}, dict(node.exec_properties))
heavy = {"apache_beam", "pandas", "tensorflow.python"}
answer({
    "splits": examples.split_names,
    "rows": examples.get_string_custom_property("rows"),
    "payload": examples.get_string_custom_property("payload_format"),
    "file": examples.get_string_custom_property("file_format"),
    "files": sorted(path.parent.name for path in (folder / "out").rglob("*.gz")),
    "heavy": sorted(heavy & sys.modules.keys()),
})
"""


def test_building_it_imports_nothing_heavy(leanly):
    built = leanly(INTERFACE)

    assert built["class"] == "components.example_gen.executor.Executor"
    assert built["heavy"] == []
    properties = built["properties"]
    assert properties["input_base"] == "/data"
    assert json.loads(properties["input_config"])["splits"] == [{"name": "all", "pattern": "*.csv"}]
    assert properties["label"] == "tips"
    assert properties["column_types"] == '{"zip": "text"}'


@pytest.fixture(scope="module")
def executed(leanly, tmp_path_factory):
    return leanly(EXECUTION, str(tmp_path_factory.mktemp("data")))


def test_its_executor_runs_among_lean_imports(executed):
    assert executed["heavy"] == []


def test_the_artifact_is_what_tfxs_readers_expect(executed):
    rows = json.loads(executed["rows"])

    assert json.loads(executed["splits"]) == ["train", "eval"] == list(rows)
    assert sum(rows.values()) == 300
    assert executed["payload"] == "FORMAT_TF_EXAMPLE"
    assert executed["file"] == "tfrecords_gzip"
    assert executed["files"] == ["Split-eval", "Split-train"]
