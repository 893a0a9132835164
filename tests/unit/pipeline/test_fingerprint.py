"""A change of code changes the fingerprints of the nodes that run it, and of no other."""

from __future__ import annotations

import pytest

SNIPPET = """
import ast
import shutil
from functools import cache
from pathlib import Path
from pipeline.compiling import compile_pipeline
from pipeline.config.loading import load_config
from pipeline.dag import Locations
from pipeline.fingerprint import PARAMETER, PROJECT, add_fingerprints
from pipeline.use_case import UseCase

ast.parse = cache(ast.parse)  # of a hundred files one is edited at a time
root = Path(sys.argv[1])
project, case, lock = root / "project", root / "cases" / "trips", root / "requirements.lock"
for package in ("components", "serving"):
    shutil.copytree(PROJECT / package, project / package,
                    ignore=shutil.ignore_patterns("__pycache__"))
shutil.copytree(PROJECT / "examples" / "taxi", case)
lock.write_text("tfx==1.21")
config = load_config(case, ("schema.file=null",), {})
use_case = UseCase.open(case)
ir = compile_pipeline(config, use_case, Locations("/data", "/a", "/m", None), "20261121-090507")

def take():
    add_fingerprints(ir, config, use_case, project, lock)
    return {n.pipeline_node.node_info.id:
            n.pipeline_node.parameters.parameters[PARAMETER].field_value.string_value
            for n in ir.nodes}

before = take()

def changed_by(path):
    text = path.read_text()
    path.write_text(text + "\\n# edited\\n")
    after = take()
    path.write_text(text)
    return sorted(node for node in before if before[node] != after[node])

answer({
    "all": sorted(node for node, digest in take().items() if digest),
    "lock": changed_by(lock),
    "preprocessing": changed_by(case / "preprocessing.py"),
    "model": changed_by(case / "model.py"),
    "pipeline.yaml": changed_by(case / "pipeline.yaml"),
    "README": changed_by(case / "README.md"),
    **{str(file): changed_by(project / file) for file in (
        "components/example_gen/executor.py", "components/example_gen/component.py",
        "serving/tfrecords.py", "components/data_validation.py",
        "components/evaluation_artifact.py", "components/saved_model.py", "components/splits.py",
        "components/pusher/publish.py", "components/gates.py",
        "components/trainer/keras_toolkit.py", "components/schema_gen/environments.py",
        "serving/client/rest.py", "serving/server/server.py")},
})
"""


@pytest.fixture(scope="module")
def changes(leanly, tmp_path_factory):
    return leanly(SNIPPET, str(tmp_path_factory.mktemp("project")))


@pytest.mark.parametrize(
    ("edited", "nodes"),
    [
        ("preprocessing", ["Trainer", "Transform", "Tuner"]),  # model.py imports names of it
        ("model", ["Trainer", "Tuner"]),
        ("pipeline.yaml", []),
        ("README", []),
        ("components/example_gen/executor.py", ["ExampleGen"]),
        ("serving/tfrecords.py", ["Evaluator", "ExampleGen", "InfraValidator", "Pusher"]),
        ("components/evaluation_artifact.py", ["Evaluator", "Pusher"]),
        ("components/saved_model.py", ["Evaluator", "InfraValidator"]),
        ("components/splits.py", ["Evaluator", "InfraValidator"]),
        ("components/data_validation.py", ["ExampleValidator", "SchemaGen"]),
        ("components/pusher/publish.py", ["Pusher"]),
        ("components/schema_gen/environments.py", ["SchemaGen"]),
        ("components/gates.py", ["Evaluator", "ExampleGen", "ExampleValidator", "InfraValidator"]),
        ("components/trainer/keras_toolkit.py", ["Trainer", "Tuner"]),
        ("serving/client/rest.py", ["InfraValidator", "Pusher"]),
    ],
)
def test_an_edit_concerns_the_nodes_that_run_it(changes, edited, nodes):
    assert changes[edited] == nodes


def test_the_lock_concerns_every_node_that_executes(changes):
    assert changes["lock"] == changes["all"]
    assert len(changes["all"]) == 10  # all but the resolver, which is never cached


def test_a_server_that_is_started_by_name_is_seen(changes):
    assert changes["serving/server/server.py"] == ["InfraValidator"]
