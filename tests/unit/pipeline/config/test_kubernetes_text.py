"""What Kubernetes or Kubeflow would refuse in a pod, or rewrite on the way there."""

from __future__ import annotations

import pytest

from pipeline.config.kubeflow_section import KubeflowConfig
from pipeline.config.kubernetes_text import bytes_of, clean_path


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("env={A: '{{workflow.name}}'}", 'kubeflow.env.A = "{{workflow.name}}": holds {{, which'),
        ("env={A: '{{=1+1}}'}", "holds {{"),
        ("env={A: $(KFP_POD_NAME)}", "holds $(, which"),
        ("env={A: 'pa$$word'}", "put the value into a Secret (kubeflow.secret_env)"),
        ("env={A: $$(X)}", "kubeflow.env.A"),
        ("env={A: \N{ROCKET}}", "four bytes, such as an emoji"),
        ("experiment=\N{ROCKET}", "four bytes"),
        ("labels={team: '{{x}}'}", 'kubeflow.labels.team = "{{x}}": must be'),
        ("labels={team: not a valid value!}", "must be a label's value"),
        (f"labels={{team: {'x' * 64}}}", "at most 63"),
        ("labels={a b: x}", "must be a key"),
        ("node_pools={gpu: {node_selector: {pool: a b}}}", "must be a label's value"),
        ("node_pools={gpu: {tolerations: [{operator: Equals}]}}", "'Exists' or 'Equal'"),
        ("node_pools={gpu: {tolerations: [{effect: NoShedule}]}}", "NoSchedule"),
        ("node_pools={gpu: {tolerations: [{key: a, value: b}]}}", "operator: Equal only"),
        ("node_pools={gpu: {tolerations: [{operator: Equal}]}}", "needs the key"),
        ("volumes=[{claim: Bad Claim!, mount_path: /x}]", "must be a claim's name"),
        ("volumes=[{claim: a.b, mount_path: /x}]", "must be a claim's name"),
        ("volumes=[{claim: a, mount_path: /x}, {claim: b, mount_path: /x/}]", "two volumes at /x"),
        ("volumes=[{claim: a, mount_path: /app}]", "would hide what a pod needs"),
        ("volumes=[{claim: a, mount_path: /opt}]", "would hide what a pod needs"),
        ("volumes=[{claim: a, mount_path: /x/../tmp/}]", "would hide what a pod needs"),
        ("volumes=[{claim: a, mount_path: /minio}]", "would hide what a pod needs"),
        ("volumes=[{claim: a, mount_path: /}]", "would hide what a pod needs"),
        ("volumes=[{claim: a, mount_path: data}]", "must be an absolute path"),
        ("volumes=[{claim: a, mount_path: /x, sub_path: ../x}]", "inside the volume"),
        ("volumes=[{claim: a, mount_path: /x, sub_path: /x}]", "inside the volume"),
        ("image=has space:1", "must be the name of an image"),
        ("image=Upper/Case:1", "must be the name of an image"),
        ("gpu_image=a:b:c", "must be the name of an image"),
        ("image_pull_secrets=[S !]", "must be a name"),
        ("service_account=S !", "must be a name"),
        ("secret_env={A: {secret: S !, key: k}}", 'kubeflow.secret_env.A.secret = "S !"'),
        ("secret_env={A: {secret: s, key: a b}}", "must be letters, digits"),
        ("resources={default: {memory: 1.5Gi}}", "must be a whole amount"),
        ("resources={default: {memory: 500m}}", "must be a whole amount"),
        ("resources={default: {cpu: 2k}}", "must be a number of CPU cores"),
        ("resources={default: {ephemeral_storage: 5GB}}", "must be a whole amount"),
        ("pipeline_root=/tidemill/{{workflow.name}}", "holds {{"),
    ],
)
def test_what_is_refused_with_its_key(problems, setting, problem):
    (told,) = problems(f"kubeflow.{setting}")

    assert problem in told


def test_what_kubernetes_takes():
    KubeflowConfig.model_validate(
        {
            "image": "localhost:5000/team/tidemill@sha256:0123456789abcdef0123456789abcdef",
            "gpu_image": "registry.example/a__b/tide-mill:1.0_x",
            "env": {"A": "$HOME {x} 100$ \N{LATIN SMALL LETTER E WITH ACUTE}", "B": ""},
            "labels": {"example.com/team": "Birds_1.0", "empty": ""},
            "node_pools": {"gpu": {"tolerations": [{"operator": "Exists"}]}},
            "volumes": [
                {"claim": "data-1", "mount_path": "/tidemill", "sub_path": "a/b..c"},
                {"claim": "data-1", "mount_path": "/tidemill/models"},
                {"claim": "cases", "mount_path": "/app/use_cases/taxi/data"},
            ],
            "resources": {"default": {"cpu": "0.5", "memory": "4Gi", "ephemeral_storage": "500M"}},
        },
        strict=False,
    )


def test_dots_lead_out_of_no_volume():
    config = KubeflowConfig.model_validate(
        {
            "pipeline_root": "/tidemill/pipelines/../../etc/",
            "model_store": "/tidemill/models/../../x",
        }
    )

    assert (config.pipeline_root, config.model_store) == ("/etc", "/x")
    assert clean_path("//a//b/./c/") == "/a/b/c"


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("7", 7), ("4Ki", 4096), ("500M", 500_000_000), ("2Gi", 2 << 30), ("1P", 10**15)],
)
def test_bytes(amount, expected):
    assert bytes_of(amount) == expected
