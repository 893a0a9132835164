"""The compiled DAG is the one that the outline promises, and compiling stays lean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.config.loading import load_config
from pipeline.dag_outline import outline

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
ONE_SPAN, THREE_SPANS = (20089,), (3, 4, 7)
VARIANTS = {
    "taxi": ("taxi", (), ()),
    "taxi without a tuner": ("taxi", ("tuner.enabled=false",), ()),
    "taxi without an infra validator": ("taxi", ("infra_validator.enabled=false",), ()),
    "taxi with an inferred schema": ("taxi", ("schema.file=null",), ()),
    "taxi with neither": ("taxi", ("tuner.enabled=false", "infra_validator.enabled=false"), ()),
    "taxi with statistics": ("taxi", ("transform.statistics=true",), ()),
    "penguin": ("penguin", (), ()),
    "penguin that allows an anomaly": ("penguin", ("data.allow=[island]",), ()),
    "penguin with a tuner": ("penguin", ("tuner.enabled=true",), ()),
    "penguin that always searches": ("penguin", ("tuner.enabled=true", "tuner.run=always"), ()),
    "penguin trained longer": ("penguin", ("tuner.enabled=true", "trainer.epochs=99"), ()),
    "penguin searched longer": ("penguin", ("tuner.enabled=true", "tuner.trials=99"), ()),
    "penguin searched elsewhere": ("penguin", ("tuner.enabled=true", "trainer.parameters.x=1"), ()),
    "penguin without a new search": ("penguin", ("tuner.enabled=true", "tuner.run=never"), ()),
    "penguin warm": ("penguin", ("trainer.warm_start=true",), ()),
    "penguin warm with a tuner": ("penguin", ("tuner.enabled=true", "trainer.warm_start=true"), ()),
    "penguin tried in a Pod": ("penguin", ("infra_validator.backend=kubernetes",), ()),
    "penguin tried in another": (
        "penguin",
        (
            "infra_validator.backend=kubernetes",
            "infra_validator.kubernetes.image=tensorflow/serving:2.20.0",
        ),
        (),
    ),
    "taxi with one span": ("taxi", ("schema.file=null",), ONE_SPAN),
    "taxi with three spans": ("taxi", ("schema.file=null",), THREE_SPANS),
    "penguin with three spans and no gate on the server": (
        "penguin",
        ("infra_validator.enabled=false", "tuner.enabled=true"),
        THREE_SPANS,
    ),
}
SNIPPET = """
from functools import cache
from pathlib import Path
from pipeline import fingerprint
from components.example_gen.spans import Span
from pipeline.compiling import compile_pipeline, upstream_nodes
from pipeline.config.loading import load_config
from pipeline.config.paths import resolve_data_path, resolve_schema_file
from pipeline.dag import Locations
from pipeline.fingerprint import PARAMETER
from pipeline.use_case import UseCase
import pipeline.local.node_launch

fingerprint.CodeDigests = cache(fingerprint.CodeDigests)  # all variants are of the same code

def parameters(ir, node_id):
    return {k: v.field_value.string_value
            for n in ir.nodes if n.pipeline_node.node_info.id == node_id
            for k, v in n.pipeline_node.parameters.parameters.items()}

def base_model_kwargs(ir):
    return [{name: arg.value.field_value.string_value or arg.value.field_value.int_value
             for name, arg in op.op_node.kwargs.items()}
            for n in ir.nodes if n.pipeline_node.node_info.id == "BaseModel"
            for graph in n.pipeline_node.inputs.input_graphs.values()
            for op in graph.nodes.values() if op.op_node.kwargs]

examples, variants = Path(sys.argv[1]), json.loads(sys.argv[2])
result = {}
for name, (case, overrides, numbers) in variants.items():
    config = load_config(examples / case, overrides, {})
    schema = resolve_schema_file(config, examples / case)
    spans = tuple(Span(number, None, f"/data/{number}/*.csv") for number in numbers)
    where = Locations(resolve_data_path(config, examples / case), "/artifacts", "/models",
                      schema.read_text() if schema else None, spans)
    ir = compile_pipeline(config, UseCase.open(examples / case), where, "20261121-090507")
    result[name] = {
        "upstream": upstream_nodes(ir),
        "digests": {n.pipeline_node.node_info.id:
                    n.pipeline_node.parameters.parameters[PARAMETER].field_value.string_value
                    for n in ir.nodes},
        "nodes": {n.pipeline_node.node_info.id:
                  n.pipeline_node.SerializeToString(deterministic=True).hex() for n in ir.nodes},
        "run": ir.runtime_spec.pipeline_run_id.field_value.string_value,
        "base_model": base_model_kwargs(ir),
        "trainer": parameters(ir, "Trainer"),
        "tuner": parameters(ir, "Tuner"),
        "infra_validator": parameters(ir, "InfraValidator"),
        "cached": {n.pipeline_node.node_info.id:
                   n.pipeline_node.execution_options.caching_options.enable_cache
                   for n in ir.nodes},
    }
heavy = ("tensorflow.python", "apache_beam", "pandas", "tfx.components.trainer.executor", "keras",
         "kubernetes")
loaded = [m for m in sys.modules if m.startswith(heavy) or m.endswith(".executor")]
answer({"variants": result, "loaded": loaded})
"""


@pytest.fixture(scope="module")
def compiled(leanly):
    return leanly(SNIPPET, str(EXAMPLES), json.dumps(VARIANTS))


@pytest.mark.parametrize("name", VARIANTS)
def test_nodes_and_edges_are_those_of_the_outline(compiled, name):
    case, overrides, spans = VARIANTS[name]
    promised = outline(load_config(EXAMPLES / case, overrides, {}), spans)
    upstream = compiled["variants"][name]["upstream"]

    assert {node: set(others) for node, others in upstream.items()} == {
        node.node_id: set(node.upstream) for node in promised
    }
    seen = set()
    for node, others in upstream.items():
        assert seen.issuperset(others), node
        seen.add(node)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_node_that_executes_has_a_fingerprint(compiled, name):
    variant = compiled["variants"][name]
    digests = dict(variant["digests"])

    resolvers = {"LatestPushedModel", "LatestSearch", "BaseModel"} & digests.keys()
    assert {digests.pop(node) for node in resolvers} == {""}
    assert all(len(digest) == 64 for digest in digests.values())
    assert variant["run"] == "20261121-090507"


@pytest.mark.parametrize("name", VARIANTS)
def test_all_but_pusher_may_be_answered_from_the_cache_and_tuner_where_it_always_runs(
    compiled, name
):
    cached = compiled["variants"][name]["cached"]

    always = ["Tuner"] if name == "penguin that always searches" else []
    assert [node for node, may in cached.items() if not may] == [*always, "Pusher"]


def test_the_base_model_is_chosen_for_the_parameters_of_this_trainer(compiled):
    (kwargs,) = compiled["variants"]["penguin warm"]["base_model"]
    trainer = compiled["variants"]["penguin warm"]["trainer"]

    assert kwargs["pipeline"] == "penguin"
    assert json.loads(kwargs["trainer_parameters"]) == trainer
    assert trainer["code_fingerprint"]
    assert json.loads(trainer["custom_config"])["training"]["warm_start"] is True


@pytest.mark.parametrize(
    ("variant", "is_same"),
    [
        ("penguin that always searches", True),
        ("penguin trained longer", True),
        ("penguin searched longer", False),
        ("penguin searched elsewhere", False),
    ],
)
def test_the_digest_of_a_search_is_of_its_settings_and_not_of_the_training(
    compiled, variant, is_same
):
    plain, other = (
        json.loads(compiled["variants"][name]["tuner"]["custom_config"])
        for name in ("penguin with a tuner", variant)
    )

    assert len(plain["search_digest"]) == 64
    assert (plain["search_digest"] == other["search_digest"]) is is_same
    assert plain["reuse_search"] is True
    assert other["reuse_search"] is (variant != "penguin that always searches")


def test_what_is_allowed_concerns_the_data_gate_alone(compiled):
    before = compiled["variants"]["penguin"]["nodes"]
    after = compiled["variants"]["penguin that allows an anomaly"]["nodes"]

    assert {node for node in before if before[node] != after[node]} == {"ExampleValidator"}


def test_what_serves_a_candidate_concerns_the_gate_on_serving_alone(compiled):
    """And is among its parameters, so that the cache does not answer for another server."""
    process, pod, other = (
        compiled["variants"][name]
        for name in ("penguin", "penguin tried in a Pod", "penguin tried in another")
    )

    for one, two in ((process, pod), (pod, other)):
        changed = {node for node in one["nodes"] if one["nodes"][node] != two["nodes"][node]}
        assert changed == {"InfraValidator"}
    assert (process["infra_validator"]["backend"], pod["infra_validator"]["backend"]) == (
        "process",
        "kubernetes",
    )
    settings = json.loads(other["infra_validator"]["server_pod"])
    assert settings["image"] == "tensorflow/serving:2.20.0"


def test_compiling_imports_nothing_heavy(compiled):
    assert compiled["loaded"] == []
