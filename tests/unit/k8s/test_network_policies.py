"""Who may talk to whom."""

from __future__ import annotations

# Pods that others make, by the labels that those give them.
_PIPELINE_PODS = ("kubeflow", {"pipelines.kubeflow.org/v2_component": "true"})
_PROMETHEUS = ("monitoring", {"app.kubernetes.io/name": "prometheus"})
_DNS = ("kube-system", {"k8s-app": "kube-dns"})
_INFRA_VALIDATOR = {"app.kubernetes.io/name": "tidemill-infra-validator"}
_CLIENTS = {"tidemill.dev/serving-client": "true"}
_NODE_LOCAL_DNS = "169.254.20.10/32"


def _peers(rule, own_namespace, side):
    """Returns the pods that a rule allows, as (namespace or its labels, pod labels)."""
    found = []
    for peer in rule.get(side, [{"everyone": True}]):
        if "ipBlock" in peer:
            found.append(peer["ipBlock"]["cidr"])
            continue
        if "everyone" in peer:
            found.append("everyone")
            continue
        namespaces = peer.get("namespaceSelector", {}).get("matchLabels", {})
        namespace = namespaces.get("kubernetes.io/metadata.name")
        pods = peer.get("podSelector", {}).get("matchLabels")
        found.append((namespace or namespaces or own_namespace, pods))
    return found


def _allowed(policy, direction):
    """Returns {(peer as text, port)} of a policy."""
    side = {"ingress": "from", "egress": "to"}[direction]
    namespace = policy["metadata"]["namespace"]
    return {
        (str(peer), port["port"])
        for rule in policy["spec"].get(direction, ())
        for peer in _peers(rule, namespace, side)
        for port in rule["ports"]
    }


def test_nothing_is_allowed_unless_a_policy_allows_it(manifests):
    deny = manifests.get("NetworkPolicy", "default-deny")["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_every_policy_rules_both_directions_and_selects_pods(manifests):
    for policy in manifests.of_kind("NetworkPolicy"):
        spec = policy["spec"]
        assert spec["policyTypes"] == ["Ingress", "Egress"]
        labels = spec["podSelector"].get("matchLabels")
        if labels in (None, _INFRA_VALIDATOR):
            continue
        (selected,) = (one for one in manifests.workloads if labels.items() <= one.labels.items())
        assert selected.namespace == policy["metadata"]["namespace"]
        ports = {port["name"] for port in selected.container["ports"]}
        assert {port for _, port in _allowed(policy, "ingress")} <= ports


def test_every_peer_exists(manifests):
    outside = [_PIPELINE_PODS, _PROMETHEUS, _DNS, (_CLIENTS, None), "everyone", _NODE_LOCAL_DNS]
    for policy in manifests.of_kind("NetworkPolicy"):
        for direction, side in (("ingress", "from"), ("egress", "to")):
            for rule in policy["spec"].get(direction, ()):
                for peer in _peers(rule, policy["metadata"]["namespace"], side):
                    if peer in outside:
                        continue
                    namespace, labels = peer
                    assert any(
                        one.namespace == namespace and labels.items() <= one.labels.items()
                        for one in manifests.workloads
                    ), peer


def test_who_asks_the_metadata_service_and_the_model_servers(manifests):
    metadata = manifests.get("NetworkPolicy", "metadata")
    assert _allowed(metadata, "ingress") == {
        (str(_PIPELINE_PODS), "grpc"),
        (str(_PROMETHEUS), "metrics"),
    }
    serving = manifests.get("NetworkPolicy", "serving")
    assert _allowed(serving, "ingress") == {
        (str((_CLIENTS, None)), "grpc"),
        (str((_CLIENTS, None)), "rest"),
        (str(_PIPELINE_PODS), "grpc"),
        (str(_PROMETHEUS), "rest"),
    }
    assert _allowed(serving, "egress") == set()


def test_the_metadata_service_reaches_names_and_its_database_alone(gpu_manifests, rendered):
    database = ("tidemill", {"app.kubernetes.io/name": "mysql"})
    metadata = gpu_manifests.get("NetworkPolicy", "metadata")
    assert _allowed(metadata, "egress") == {
        (str(_DNS), 53),
        (_NODE_LOCAL_DNS, 53),
        (str(database), 3306),
    }
    mysql = gpu_manifests.get("NetworkPolicy", "mysql")
    client = ("tidemill", {"app.kubernetes.io/name": "metadata"})
    assert _allowed(mysql, "ingress") == {(str(client), "mysql")}
    assert _allowed(mysql, "egress") == set()
    assert _allowed(rendered("dev").get("NetworkPolicy", "metadata"), "egress") == set()


def test_the_infra_validators_server_is_asked_by_pipelines_alone(manifests):
    policy = manifests.get("NetworkPolicy", "tidemill-infra-validator", "kubeflow")
    assert policy["spec"]["podSelector"] == {"matchLabels": _INFRA_VALIDATOR}
    assert _allowed(policy, "ingress") == {
        (str(_PIPELINE_PODS), "grpc"),
        (str(_PIPELINE_PODS), "rest"),
    }
    assert _allowed(policy, "egress") == set()
