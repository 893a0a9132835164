"""What is named exists, and every selector selects."""

from __future__ import annotations


def _is_selected(selector, labels):
    return all(labels.get(key) == value for key, value in selector["matchLabels"].items())


def _container_ports(workload):
    return {port["name"] for port in workload.container["ports"]}


def test_services_find_pods_and_their_ports(manifests):
    assert manifests.names("Service") >= {"metadata", "serving"}
    for service in manifests.of_kind("Service"):
        selector = {"matchLabels": service["spec"]["selector"]}
        (found,) = (one for one in manifests.workloads if _is_selected(selector, one.labels))
        assert found.namespace == service["metadata"]["namespace"]
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= _container_ports(found)


def test_workloads_select_their_own_pods(manifests):
    for workload in manifests.workloads:
        if workload.kind in ("Deployment", "StatefulSet"):
            spec = manifests.get(workload.kind, workload.name, workload.namespace)["spec"]
            selected = [
                one for one in manifests.workloads if _is_selected(spec["selector"], one.labels)
            ]
            assert selected == [workload]


def test_accounts_and_priorities_exist(manifests):
    for workload in manifests.workloads:
        if workload.namespace == "tidemill":
            assert workload.spec["serviceAccountName"] in manifests.names(
                "ServiceAccount", "tidemill"
            )
        priority = workload.spec.get("priorityClassName")
        assert priority is None or priority in manifests.names("PriorityClass")
    assert manifests.workload("serving").spec["priorityClassName"]


def test_volumes_exist_and_every_one_is_mounted(manifests):
    for workload in manifests.workloads:
        claims = manifests.names("PersistentVolumeClaim", workload.namespace)
        configs = manifests.names("ConfigMap", workload.namespace)
        templates = set()
        if workload.kind == "StatefulSet":
            stateful = manifests.get("StatefulSet", workload.name)
            templates = {
                one["metadata"]["name"] for one in stateful["spec"]["volumeClaimTemplates"]
            }
        for volume in workload.spec.get("volumes", ()):
            if "persistentVolumeClaim" in volume:
                assert volume["persistentVolumeClaim"]["claimName"] in claims
            if "configMap" in volume:
                assert volume["configMap"]["name"] in configs
        volumes = {volume["name"] for volume in workload.spec.get("volumes", ())} | templates
        mounts = {mount["name"] for mount in workload.container.get("volumeMounts", ())}
        assert volumes == mounts


def test_the_database_and_its_client_read_the_same_secret(gpu_manifests):
    used = {
        name: {
            (entry["valueFrom"]["secretKeyRef"]["name"], entry["valueFrom"]["secretKeyRef"]["key"])
            for entry in gpu_manifests.workload(name).container["env"]
            if "valueFrom" in entry
        }
        for name in ("metadata", "mysql")
    }
    assert used["metadata"] == {("metadata-mysql", key) for key in ("host", "database", "user")}
    assert used["mysql"] == {("metadata-mysql", key) for key in ("database", "user")}
    for name in used:
        secrets = [
            volume["secret"]
            for volume in gpu_manifests.workload(name).spec["volumes"]
            if "secret" in volume
        ]
        assert secrets == [
            {"secretName": "metadata-mysql", "items": [{"key": "password", "path": "password"}]}
        ]


def test_autoscaling_and_disruptions_are_those_of_the_model_servers(gpu_manifests):
    scaling = gpu_manifests.get("HorizontalPodAutoscaler", "serving")["spec"]
    assert scaling["scaleTargetRef"]["name"] in gpu_manifests.names("Deployment")
    assert scaling["minReplicas"] >= 2
    assert "replicas" not in gpu_manifests.get("Deployment", "serving")["spec"]
    budget = gpu_manifests.get("PodDisruptionBudget", "serving")["spec"]
    spread = gpu_manifests.workload("serving").spec["topologySpreadConstraints"]
    for selector in (budget["selector"], *(one["labelSelector"] for one in spread)):
        selected = [
            one.name for one in gpu_manifests.workloads if _is_selected(selector, one.labels)
        ]
        assert selected == ["serving"]


def test_the_databases_service_is_the_one_of_its_pods(gpu_manifests):
    name = gpu_manifests.get("StatefulSet", "mysql")["spec"]["serviceName"]
    service = gpu_manifests.get("Service", name)["spec"]
    assert service["clusterIP"] == "None"
    assert service["selector"].items() <= gpu_manifests.workload("mysql").labels.items()
