"""No pod has more rights than it needs."""

from __future__ import annotations

_KNOWN_IMAGES = {
    "localhost/tidemill:dev",
    "tidemill:0.1.0",
    "tidemill-gpu:0.1.0",
    "tensorflow/serving:2.20.0",
    "mariadb:11.4",
}
# Of Kubernetes' restricted standard: volumes that are no part of the node.
_VOLUMES = {"configMap", "emptyDir", "persistentVolumeClaim", "secret"}


def test_every_pod_meets_the_restricted_standard(manifests):
    for workload in manifests.workloads:
        pod, container = workload.spec["securityContext"], workload.container["securityContext"]
        assert pod["runAsNonRoot"] is True, workload
        assert pod["runAsUser"] > 0
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["allowPrivilegeEscalation"] is False
        assert container["capabilities"] == {"drop": ["ALL"]}
        assert not {"privileged", "runAsUser", "runAsNonRoot"} & set(container)
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(workload.spec)
        for volume in workload.spec.get("volumes", ()):
            assert set(volume) - {"name"} <= _VOLUMES


def test_no_pod_writes_to_its_image_or_holds_a_token(manifests):
    for workload in manifests.workloads:
        assert workload.container["securityContext"]["readOnlyRootFilesystem"] is True
        assert workload.spec["automountServiceAccountToken"] is False
        assert workload.spec["enableServiceLinks"] is False
    for account in manifests.of_kind("ServiceAccount", "tidemill"):
        assert account["automountServiceAccountToken"] is False


def test_the_namespace_enforces_the_standard(manifests):
    (namespace,) = manifests.of_kind("Namespace")
    assert namespace["metadata"]["name"] == "tidemill"
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_every_image_is_known_and_none_is_pulled_again(manifests):
    for workload in manifests.workloads:
        assert workload.container["image"] in _KNOWN_IMAGES
        assert workload.container["imagePullPolicy"] == "IfNotPresent"


def test_memory_is_limited_and_what_is_needed_is_asked_for(manifests):
    for workload in manifests.workloads:
        resources = workload.container["resources"]
        assert {"cpu", "memory"} <= set(resources["requests"])
        assert "memory" in resources["limits"]


def test_scratch_space_is_limited(manifests):
    for workload in manifests.workloads:
        for volume in workload.spec.get("volumes", ()):
            if "emptyDir" in volume:
                assert volume["emptyDir"]["sizeLimit"]


def test_only_pods_that_ask_for_a_gpu_go_to_its_nodes(gpu_manifests):
    for workload in gpu_manifests.workloads:
        wants_gpu = "nvidia.com/gpu" in workload.container["resources"]["limits"]
        assert wants_gpu == (workload.name == "tidemill-gpu-check")
        assert wants_gpu == bool(workload.spec.get("tolerations"))
