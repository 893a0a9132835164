"""Accounts, quotas and what is added to Kubeflow's namespace."""

from __future__ import annotations

# Kubeflow's own objects, which an apply must never touch.
_KUBEFLOWS = {"pipeline-runner", "kfp-launcher", "mlpipeline-minio-artifact", "default"}


def _rules(manifests, role):
    return {
        (group, resource): set(rule["verbs"])
        for rule in manifests.get("Role", role, "kubeflow")["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def test_the_runner_may_do_what_kubeflow_needs_and_no_more(manifests):
    assert _rules(manifests, "tidemill-runner") == {
        ("", "configmaps"): {"get"},
        ("", "secrets"): {"get"},
        ("", "pods"): {"get"},
        ("argoproj.io", "workflows"): {"get"},
        ("argoproj.io", "workflowtaskresults"): {"create", "patch"},
    }
    for rule in manifests.get("Role", "tidemill-runner", "kubeflow")["rules"]:
        if {"configmaps", "secrets"} & set(rule["resources"]):
            assert rule["resourceNames"]


def test_the_infra_validator_makes_and_removes_pods(manifests):
    assert _rules(manifests, "tidemill-infra-validator") == {
        ("", "pods"): {"create", "get", "delete"},
        ("", "pods/log"): {"get"},
        ("", "events"): {"list"},
    }


def test_roles_are_of_one_namespace_and_bound_to_an_account_that_exists(manifests):
    assert not manifests.of_kind("ClusterRole")
    assert not manifests.of_kind("ClusterRoleBinding")
    assert not manifests.of_kind("Role", "tidemill")
    for binding in manifests.of_kind("RoleBinding"):
        namespace = binding["metadata"]["namespace"]
        assert binding["roleRef"]["name"] in manifests.names("Role", namespace)
        for subject in binding["subjects"]:
            assert subject["kind"] == "ServiceAccount"
            assert subject["name"] in manifests.names("ServiceAccount", subject["namespace"])


def test_kubeflows_namespace_only_gets_objects_of_our_own(manifests):
    ours = [one for one in manifests.objects if one["metadata"].get("namespace") == "kubeflow"]
    assert ours
    for one in ours:
        assert one["metadata"]["name"].startswith("tidemill-")
        assert one["metadata"]["name"] not in _KUBEFLOWS


def test_gpus_are_for_training(manifests):
    hard = {
        one["metadata"]["namespace"]: one["spec"]["hard"]
        for one in manifests.of_kind("ResourceQuota")
    }
    assert set(hard) == {"kubeflow", "tidemill"}
    # Any other key would have every pod of the namespace ask for it.
    assert all(set(limits) == {"requests.nvidia.com/gpu"} for limits in hard.values())
    assert int(hard["kubeflow"]["requests.nvidia.com/gpu"]) > 0
    assert hard["tidemill"]["requests.nvidia.com/gpu"] == "0"
