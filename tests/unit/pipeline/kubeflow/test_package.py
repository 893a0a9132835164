"""The package that Kubeflow takes, for each example.

The files in `golden` are compiled with hashes of code that never change. After a change that is
meant to change them, run this file once with `UPDATE_GOLDEN=1` and look at the difference.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml

from pipeline.config.loading import load_config
from pipeline.errors import ConfigurationError
from pipeline.kubeflow.compile import assemble, compile_for_kubeflow
from pipeline.kubeflow.payload import TaskPayload
from pipeline.kubeflow.storage import check_storage
from pipeline.kubeflow.template import Template
from pipeline.use_case import UseCase

EXAMPLES = Path(__file__).resolve().parents[4] / "examples"
GOLDEN = Path(__file__).with_name("golden")
IMAGE = "kubeflow.image=registry.example/tidemill:0.1.0"
CODE = {"use case": "0" * 64, "Tidemill": "1" * 64}

SNIPPET = """
from dataclasses import asdict
from pathlib import Path
from pipeline import compiling
from pipeline.config.loading import load_config
from pipeline.fingerprint import PARAMETER
from pipeline.kubeflow.storage import check_storage
from pipeline.kubeflow.template import template_of
from pipeline.use_case import UseCase

def same_for_any_code(pipeline_ir, *_):
    for node in pipeline_ir.nodes:
        node.pipeline_node.parameters.parameters[PARAMETER].field_value.string_value = "code"

compiling.add_fingerprints = same_for_any_code
case = UseCase.open(Path(sys.argv[1]))
config = load_config(case.folder, json.loads(sys.argv[2]), environ={})
answer(asdict(template_of(case, config, check_storage(config, case.folder))))
"""


@pytest.fixture(scope="module")
def package(leanly):
    """Compiles an example for any code; the same twice."""
    import json

    def compile_example(name, *settings):
        case = UseCase.open(EXAMPLES / name)
        config = load_config(case.folder, [IMAGE, *settings], environ={})
        fields = leanly(SNIPPET, str(case.folder), json.dumps([IMAGE, *settings]))
        template = Template(
            {node: tuple(others) for node, others in fields["upstream"].items()}, fields["slices"]
        )
        return assemble(case, config, check_storage(config, case.folder), template, CODE)

    return compile_example


@pytest.fixture(scope="module")
def taxi(package):
    return package("taxi", "kubeflow.resources.training.gpus=1")


def documents(compiled):
    return list(yaml.safe_load_all(compiled.text))


def executors(compiled):
    return documents(compiled)[0]["deploymentSpec"]["executors"]


@pytest.mark.parametrize(
    ("name", "settings"),
    [("taxi", ("kubeflow.resources.training.gpus=1",)), ("penguin", ("kubeflow.fuse=false",))],
)
def test_it_is_what_it_was(package, name, settings):
    compiled = package(name, *settings)
    golden = GOLDEN / f"{name}.yaml"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(compiled.text, encoding="utf-8")

    assert compiled.text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["taxi", "penguin"])
def test_kubeflows_own_loader_takes_it(name):
    from kfp import components

    loaded = components.load_component_from_file(str(GOLDEN / f"{name}.yaml"))

    assert set(loaded.component_spec.inputs) == {"pipeline_root", "span"}


def test_seven_pods_for_eleven_nodes(taxi):
    assert list(taxi.tasks.values()) == [
        ("ExampleGen", "SchemaGen", "StatisticsGen", "Transform", "ExampleValidator"),
        ("Tuner", "Trainer"),
        ("InfraValidator", "LatestPushedModel", "Evaluator", "Pusher"),
    ]


def test_the_arguments_are_safe_from_all_that_rewrites_them(taxi):
    for executor in executors(taxi).values():
        arguments = executor["container"]["args"]
        constants = [arguments[1], arguments[3]]
        assert all(re.fullmatch(r"[A-Za-z0-9+/=]+", constant) for constant in constants)
        assert sum(map(len, constants)) < 8 << 10


def test_every_parameter_is_passed_to_every_task(taxi):
    for task in documents(taxi)[0]["root"]["dag"]["tasks"].values():
        assert set(task["inputs"]["parameters"]) == {"pipeline_root", "run_id", "span"}
    assert dict(taxi.parameters) == {"pipeline_root": "/tidemill/pipelines", "span": ""}


def test_only_training_asks_for_a_gpu_and_tolerates_its_taint(taxi):
    resources = {name: its["container"].get("resources") for name, its in executors(taxi).items()}
    platform = documents(taxi)[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]

    (training,) = [name for name, asked in resources.items() if asked]
    assert resources[training]["accelerator"]["resourceType"] == "nvidia.com/gpu"
    assert [name for name, its in platform.items() if "tolerations" in its] == [training]


def test_every_task_has_a_time_limit_its_volumes_and_no_kubeflow_cache(taxi):
    spec, platforms = documents(taxi)
    for its in platforms["platforms"]["kubernetes"]["deploymentSpec"]["executors"].values():
        assert its["activeDeadlineSeconds"] == "14400"
        assert [m["mountPath"] for m in its["pvcMount"]] == [
            "/tidemill/pipelines",
            "/tidemill/models",
        ]
        assert its["imagePullPolicy"] == "IfNotPresent"
    for task in spec["root"]["dag"]["tasks"].values():
        assert not task["cachingOptions"].get("enableCache")
        assert "retryPolicy" not in task


def test_labels_variables_and_secrets(package):
    compiled = package(
        "penguin",
        "kubeflow.labels={team: birds}",
        "kubeflow.env={HTTPS_PROXY: 'http://proxy:3128'}",
        "kubeflow.secret_env={TOKEN: {secret: store, key: token}}",
        "kubeflow.image_pull_secrets=[registry]",
        "kubeflow.resources={default: {cpu: '2', memory: 4Gi, timeout_minutes: 5}}",
    )
    (executor, *_) = executors(compiled).values()
    (platform, *_) = documents(compiled)[1]["platforms"]["kubernetes"]["deploymentSpec"][
        "executors"
    ].values()

    assert executor["container"]["env"] == [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}]
    assert executor["container"]["resources"]["resourceCpuLimit"] == "2"
    assert executor["container"]["resources"]["resourceMemoryRequest"] == "4Gi"
    assert platform["podMetadata"]["labels"] == {"team": "birds"}
    assert platform["secretAsEnv"][0]["keyToEnv"] == [{"envVar": "TOKEN", "secretKey": "token"}]
    assert platform["imagePullSecret"][0]["secretName"] == "registry"
    assert platform["activeDeadlineSeconds"] == "300"


def test_disk_is_reserved_and_beside_gpus_only_limited(package):
    """Kubeflow's driver makes a limit of any resource that stands as the accelerator."""
    compiled = package(
        "penguin",
        "kubeflow.resources={default: {ephemeral_storage: 4Gi}, training: {gpus: 1}}",
    )
    asked = {
        name: its["container"]["resources"]["accelerator"]
        for name, its in executors(compiled).items()
    }
    platform = documents(compiled)[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    mounts = {name: its.get("emptyDirMounts") for name, its in platform.items()}

    assert asked.pop("exec-trainer")["resourceType"] == "nvidia.com/gpu"
    assert {(its["resourceType"], its["resourceCount"]) for its in asked.values()} == {
        ("ephemeral-storage", str(4 << 30))
    }
    assert mounts.pop("exec-trainer") == [
        {"volumeName": "scratch", "mountPath": "/tmp", "sizeLimit": "4Gi"}  # noqa: S108  a pod's
    ]
    assert set(mounts.values()) == {None}


def test_part_of_a_volume_and_the_labels_of_nodes(package):
    compiled = package(
        "penguin",
        "kubeflow.volumes=[{claim: data, mount_path: /tidemill, sub_path: birds}]",
        "kubeflow.node_pools={big: {node_selector: {pool: big}}}",
        "kubeflow.resources={Evaluator: {node_pool: big}}",
    )
    platform = documents(compiled)[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    selectors = {
        name: its["nodeSelector"] for name, its in platform.items() if "nodeSelector" in its
    }

    assert selectors == {"exec-evaluator": {"labels": {"pool": "big"}}}
    for its in platform.values():
        (mount,) = its["pvcMount"]
        assert (mount["mountPath"], mount["subPath"]) == ("/tidemill", "birds")


def test_who_submits_it_and_where_to_does_not_change_it(package):
    before = package("penguin")
    after = package(
        "penguin",
        "kubeflow.endpoint=http://elsewhere",
        "kubeflow.experiment=other",
        "kubeflow.service_account=other",
    )

    assert before.digest == after.digest


def test_the_payload_says_which_code_it_needs(taxi):
    (first, *_) = executors(taxi).values()
    payload = TaskPayload.decode(first["container"]["args"][1])

    assert payload.code == CODE
    assert payload.use_case == "examples/taxi"
    assert payload.config["tuner"]["objective"] == "val_auc"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ((), "kubeflow.image is not set"),
        (("kubeflow.volumes=[]", IMAGE), "kubeflow.pipeline_root = /tidemill/pipelines: a pod"),
        (
            (IMAGE, "kubeflow.resources={Trianer: {cpu: '1'}}"),
            "kubeflow.resources.Trianer: no such kind of node; there are default, training, Eval",
        ),
        (
            (IMAGE, f"kubeflow.env={{BIG: {'x' * 120_000}}}"),
            "KiB long together, .* kubeflow.env has 117 KiB, in each of 3 tasks",
        ),
        ((IMAGE, "schema.file=no.pbtxt"), "schema.file = no.pbtxt: no file at"),
    ],
)
def test_what_cannot_run_is_refused_with_the_fix(settings, problem):
    case = UseCase.open(EXAMPLES / "penguin")

    with pytest.raises(ConfigurationError, match=problem):
        compile_for_kubeflow(case, load_config(case.folder, settings, environ={}))
