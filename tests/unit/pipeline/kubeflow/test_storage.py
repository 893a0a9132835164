"""Which paths a pod can reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config.loading import load_config
from pipeline.errors import ConfigurationError
from pipeline.kubeflow.storage import check_root, check_storage

PENGUIN = Path(__file__).resolve().parents[4] / "examples" / "penguin"
VOLUME = "kubeflow.volumes=[{claim: tidemill, mount_path: /tidemill}]"
ROOT = "kubeflow.pipeline_root=/tidemill/runs"
STORE = "kubeflow.model_store=/tidemill/models"
BUCKET = "kubeflow.pipeline_root=gs://bucket/runs"
IN_A_POD = "infra_validator.backend=kubernetes"


def storage(*settings):
    cleared = ["kubeflow.pipeline_root=", "kubeflow.model_store=", "kubeflow.volumes=[]"]
    return check_storage(load_config(PENGUIN, [*cleared, *settings], environ={}), PENGUIN)


def test_paths_on_a_volume():
    assert storage(VOLUME, ROOT, STORE) == ("/tidemill/runs", "/tidemill/models")


def test_a_bucket_is_reached_without_a_volume():
    found = storage(VOLUME, STORE, BUCKET)

    assert found.pipeline_root == "gs://bucket/runs"
    assert storage(VOLUME, STORE, BUCKET, IN_A_POD, "infra_validator.enabled=false") == found
    assert storage(VOLUME, ROOT, STORE, IN_A_POD).pipeline_root == "/tidemill/runs"


def test_the_model_store_of_local_runs_is_used_if_no_other_is_given():
    assert storage(VOLUME, ROOT, "pusher.model_store=/tidemill/m").model_store == "/tidemill/m"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ((VOLUME, STORE), "kubeflow.pipeline_root is not set"),
        ((VOLUME, ROOT), "kubeflow.model_store is not set"),
        ((ROOT, STORE), r"kubeflow.pipeline_root = /tidemill/runs: .* \(there are none\)"),
        (
            (VOLUME, ROOT, "kubeflow.model_store=/models"),
            r"kubeflow.model_store = /models: a pod has no such path; .* mounted at /tidemill",
        ),
        (
            (VOLUME, ROOT, "pusher.model_store=models"),
            r"^pusher.model_store = models: a pod has no such path; .* or set kubeflow.model_store",
        ),
        ((VOLUME, ROOT, STORE, "data.path=/home/me/*.csv"), r"data.path = /home/me/\*.csv: a pod"),
        ((VOLUME, ROOT, STORE, "data.path=file:///home/me/x.csv"), r"cannot read file:// URIs"),
        ((VOLUME, ROOT, STORE, "data.path=s3://bucket/x.csv"), r"cannot read s3:// URIs"),
        ((VOLUME, ROOT, STORE, "data.path=../data"), r"data.path = .*/examples/data: a pod"),
        ((VOLUME, ROOT, "kubeflow.model_store=/tidemillions"), "/tidemillions: a pod"),
        (
            (VOLUME, STORE, BUCKET, IN_A_POD),
            (
                "kubeflow.pipeline_root = gs://bucket/runs: infra_validator.backend = kubernetes "
                "mounts the model.* set infra_validator.backend to process"
            ),
        ),
    ],
)
def test_what_a_pod_cannot_reach(settings, problem):
    with pytest.raises(ConfigurationError, match=problem):
        storage(*settings)


@pytest.mark.parametrize(
    "path", ["package:tfx/x.csv", "gs://bucket/x", "/tidemill/x-{SPAN}/*", "data/*.csv"]
)
def test_data_that_a_pod_can_reach(path):
    assert storage(VOLUME, ROOT, STORE, f"data.path={path}")


@pytest.mark.parametrize("root", ["/elsewhere", "gs://bucket/runs"])
def test_the_root_of_one_run_is_checked_too(root):
    config = load_config(PENGUIN, [VOLUME, ROOT, STORE, IN_A_POD], environ={})
    check_root(config, "/tidemill/other")

    with pytest.raises(ConfigurationError, match=f"^--param pipeline_root = {root}: "):
        check_root(config, root)


@pytest.mark.parametrize(
    ("root", "kind"),
    [("s3://bucket/runs", "s3:// URIs"), ("runs", "relative paths"), ("", "relative paths")],
)
def test_the_root_of_one_run_must_be_what_the_configuration_takes(root, kind):
    config = load_config(PENGUIN, [VOLUME, ROOT, STORE], environ={})

    with pytest.raises(ConfigurationError, match=f"^--param pipeline_root = {root}: .* {kind}"):
        check_root(config, root)


def test_the_root_of_one_run_is_what_the_configuration_makes_of_it():
    config = load_config(PENGUIN, [VOLUME, ROOT, STORE], environ={})

    assert check_root(config, "gs://bucket/runs/") == "gs://bucket/runs"
    assert check_root(config, "/tidemill/runs//") == "/tidemill/runs"
