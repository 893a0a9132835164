"""The driver in a process without TensorFlow: what it adds to the parameters and the artifact."""

from __future__ import annotations

import pytest

SNIPPET = """
from pathlib import Path
from tfx.orchestration.portable import data_types
from tfx.types import standard_artifacts
from components.example_gen.component import ExampleGen
from components.example_gen.driver import Driver, NoInputError
from components.gates import DataRefusedError

def drive(path, **span):
    node = ExampleGen(path, "csv", {"train": 2, "eval": 1}, **span)
    parameters = {key: value for key, value in node.exec_properties.items() if value is not None}
    parameters["input_config"] = str(parameters["input_config"])
    output = standard_artifacts.Examples()
    info = data_types.ExecutionInfo(exec_properties=parameters, output_dict={"examples": [output]})
    result = Driver(None).run(info)
    artifact = result.output_artifacts["examples"].artifacts[0]
    read = lambda values: {key: value.string_value or value.int_value
                           for key, value in values.items()}
    return read(result.exec_properties), read(artifact.custom_properties)

folder = Path(sys.argv[1])
file = folder / "a.csv"
file.write_text("x\\n1\\n")
before = drive(str(folder))
file.write_text("x\\n2\\n")
import os
status = file.stat()
os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
after = drive(str(folder))
(folder / "sub.csv").mkdir()
again = drive(str(folder))
try:
    drive(str(folder / "*.parquet"))
except NoInputError as error:
    missing = str(error)
(folder / "b.csv.gz").write_bytes(b"")
try:
    drive(str(folder))
except DataRefusedError as error:
    overlooked = error.verdict.headline
answer({"overlooked": overlooked, "missing": missing,
        "before": before, "after": after, "again": again,
        "span": drive(str(file), span=3, version=1), "heavy": "tensorflow.python" in sys.modules})
"""


@pytest.fixture(scope="module")
def answers(leanly, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    return {**leanly(SNIPPET, str(folder)), "folder": str(folder)}


def test_the_fingerprint_is_a_parameter_and_so_part_of_the_cache_s_key(answers):
    parameters, artifact = answers["before"]

    assert parameters["input_fingerprint"].startswith("files:1,bytes:4,")
    assert artifact == {"input_fingerprint": parameters["input_fingerprint"]}
    assert parameters["input_base"] == answers["folder"]


def test_a_file_written_again_within_a_second_is_seen(answers):
    assert answers["before"] != answers["after"] == answers["again"]


def test_a_span_is_told_on_the_artifact(answers):
    parameters, artifact = answers["span"]

    assert (parameters["span"], parameters["version"]) == (3, 1)
    assert (artifact["span"], artifact["version"]) == (3, 1)
    assert artifact["input_fingerprint"] == parameters["input_fingerprint"]


def test_nothing_to_read_names_the_pattern(answers):
    assert answers["missing"] == f"no file matches {answers['folder']}/*.parquet"


def test_a_file_that_would_not_be_read_is_told_also_where_the_cache_would_answer(answers):
    assert answers["overlooked"] == "b.csv.gz: it would not be read: *.csv does not match it"


def test_tensorflow_is_left_out(answers):
    assert not answers["heavy"]
