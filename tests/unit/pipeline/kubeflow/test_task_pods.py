"""The pods of the tests in a cluster have what a package asks for, and Kubeflow's restrictions."""

from __future__ import annotations

from pathlib import Path

import pytest
from pipeline_spec_interpreter import TaskToRun
from task_pods import pod_of


def a_task(**changes):
    fields = {
        "name": "tuner-to-trainer",
        "after": (),
        "image": "localhost/tidemill:dev",
        "command": ("python", "-m", "pipeline.kubeflow.entrypoint", "--span", ""),
        "env": {"TZ": "UTC"},
        "resources": {
            "resourceCpuLimit": "1000m",
            "resourceMemoryRequest": "4Gi",
            "accelerator": {"resourceType": "nvidia.com/gpu", "resourceCount": "1"},
        },
        "platform": {
            "activeDeadlineSeconds": "14400",
            "imagePullPolicy": "IfNotPresent",
            "nodeSelector": {"labels": {"pool": "gpu"}},
            "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
            "pvcMount": [{"constant": "models", "mountPath": "/models", "subPath": "taxi"}],
        },
        "outputs": Path("/minio/outputs"),
    }
    return TaskToRun(**{**fields, **changes})


def test_a_pod_runs_where_and_with_what_its_task_asks_for():
    spec = pod_of(a_task(), "pod-1", "runner")["spec"]
    (container,) = spec["containers"]

    assert spec["activeDeadlineSeconds"] == 14400
    assert spec["nodeSelector"] == {"pool": "gpu"}
    assert spec["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists"}]
    assert container["resources"] == {
        "limits": {"cpu": "1000m", "nvidia.com/gpu": "1"},
        "requests": {"memory": "4Gi"},
    }
    assert {"name": "TZ", "value": "UTC"} in container["env"]
    assert container["volumeMounts"][-1] == {
        "name": "models",
        "mountPath": "/models",
        "subPath": "taxi",
    }


def test_a_pod_may_do_no_more_than_kubeflow_lets_it():
    spec = pod_of(a_task(), "pod-1", "runner")["spec"]

    assert spec["restartPolicy"] == "Never"
    assert spec["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    mounted = {mount["name"] for mount in spec["containers"][0]["volumeMounts"]}
    assert mounted == {volume["name"] for volume in spec["volumes"]}


def test_a_pod_may_write_into_its_temporary_folder_alone():
    (container,) = pod_of(a_task(), "pod-1", "runner", read_only=True)["spec"]["containers"]

    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert "/tmp" in {mount["mountPath"] for mount in container["volumeMounts"]}  # noqa: S108 - in a pod


def test_a_folder_with_a_limit_is_the_one_temporary_folder():
    limited = [{"volumeName": "scratch", "mountPath": "/tmp", "sizeLimit": "4Gi"}]  # noqa: S108
    task = a_task(platform={**a_task().platform, "emptyDirMounts": limited})
    spec = pod_of(task, "pod-1", "runner", read_only=True)["spec"]
    (container,) = spec["containers"]
    mounted = [mount["mountPath"] for mount in container["volumeMounts"]]

    assert mounted.count("/tmp") == 1  # noqa: S108
    assert {"name": "scratch-tmp", "emptyDir": {"sizeLimit": "4Gi"}} in spec["volumes"]


def test_what_a_package_asks_for_is_never_passed_over():
    platform = {**a_task().platform, "nodeAffinity": []}

    with pytest.raises(AssertionError, match="nodeAffinity"):
        pod_of(a_task(platform=platform), "pod-1", "runner")
