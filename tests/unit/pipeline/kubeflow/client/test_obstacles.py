"""What Kubernetes' messages mean."""

from __future__ import annotations

import pytest

from pipeline.config.kubeflow_section import TaskResourcesConfig
from pipeline.kubeflow.client.obstacles import find_obstacle


@pytest.mark.parametrize(
    ("message", "kind", "words"),
    [
        (
            'ImagePullBackOff: Back-off pulling image "registry.example/tidemill:0.1"',
            "image",
            (
                "the image registry.example/tidemill:0.1 cannot be pulled; push it, or correct "
                "kubeflow.image"
            ),
        ),
        (
            (
                'ErrImagePull: failed to pull and unpack image "x:1": pull access denied, '
                "repository does not exist or may require authorization"
            ),
            "image",
            "name the registry's Secret in kubeflow.image_pull_secrets",
        ),
        ("InvalidImageName", "image", "the image cannot be pulled"),
        (
            (
                "Unschedulable: 0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 1 node(s) "
                "didn't match Pod's node affinity/selector. preemption: 0/2 nodes are available."
            ),
            "GPU",
            "no node has a free GPU (nvidia.com/gpu) for it: 0/2 nodes",
        ),
        (
            (
                "Unschedulable: 0/2 nodes are available: 1 Insufficient memory, 1 node(s) had "
                "untolerated taint(s). no new claims to deallocate, preemption: 0/2 nodes are "
                "available: 2 Preemption is not helpful for scheduling."
            ),
            "resources",
            "1 node(s) had untolerated taint(s); wait, add a node, or lower memory in kubeflow",
        ),
        (
            "Unschedulable: 0/2 nodes are available: 2 Insufficient ephemeral-storage.",
            "resources",
            "lower ephemeral_storage in",
        ),
        (
            'Pod evicted: Usage of EmptyDir volume "scratch" exceeds the limit "1Gi".',
            "disk",
            'exceeds the limit "1Gi"); raise ephemeral_storage in kubeflow.resources',
        ),
        (
            "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.",
            "disk",
            "raise ephemeral_storage",
        ),
        (
            'Container main exceeded its local ephemeral storage limit "1Gi".',
            "disk",
            "raise ephemeral_storage",
        ),
        (
            (
                "Unschedulable: 0/2 nodes are available: 1 node(s) had untolerated taint "
                "{nvidia.com/gpu: present}, 1 node(s) didn't match Pod's node affinity/selector."
            ),
            "pool",
            "no node has the labels that it asks for",
        ),
        (
            "Unschedulable: 0/1 nodes are available: 1 node(s) had untolerated taint {a: b}.",
            "pool",
            "add the toleration in kubeflow.node_pools",
        ),
        (
            'Unschedulable: 0/2 nodes are available: persistentvolumeclaim "data" not found.',
            "volume",
            "there is no volume claim data",
        ),
        (
            (
                "Unschedulable: 0/2 nodes are available: pod has unbound immediate "
                "PersistentVolumeClaims."
            ),
            "volume",
            "a volume claim has no volume",
        ),
        ("Unschedulable: 0/2 nodes are available: 2 node(s) were unschedulable.", "node", "0/2"),
        (
            (
                'pods "wf-1" is forbidden: exceeded quota: gpus, requested: '
                "requests.nvidia.com/gpu=1, "
                "used: requests.nvidia.com/gpu=2, limited: requests.nvidia.com/gpu=2"
            ),
            "quota",
            (
                "the quota gpus of the namespace is used up (requests.nvidia.com/gpu=1 more, "
                "requests.nvidia.com/gpu=2 of requests.nvidia.com/gpu=2 in use)"
            ),
        ),
        (
            'CreateContainerConfigError: secret "db" not found',
            "secret",
            "there is no Secret db; make it, or correct kubeflow.secret_env",
        ),
        (
            "CreateContainerConfigError: couldn't find key password in Secret kubeflow/db",
            "secret",
            "the Secret db has no key password",
        ),
        (
            (
                'pods "x" is forbidden: error looking up service account kubeflow/trainer: '
                'serviceaccount "trainer" not found'
            ),
            "account",
            "there is no service account trainer",
        ),
        ("OOMKilled (exit code 137)", "memory", "raise memory in kubeflow.resources"),
        (
            "Pod was active on the node longer than the specified deadline",
            "time",
            "raise kubeflow.timeout_minutes",
        ),
        ("The node was low on resource: ephemeral-storage.", "evicted", "retry the run"),
        ("pod deleted", "lost", "retry the run"),
    ],
)
def test_a_message_that_is_known(message, kind, words):
    obstacle = find_obstacle(message)

    assert obstacle.kind == kind
    assert words in obstacle.sentence
    assert "{" not in obstacle.sentence or "{" in message


@pytest.mark.parametrize(
    "message", ["", "PodInitializing", "ContainerCreating", "Error (exit code 1)"]
)
def test_what_is_no_trouble_of_the_clusters(message):
    assert find_obstacle(message) is None


@pytest.mark.parametrize(
    ("message", "lasts"),
    [
        ("InvalidImageName", True),
        ("ErrImageNeverPull: Container image is not present with pull policy of Never", True),
        ('ErrImagePull: pull access denied for "x:1"', True),
        ('ErrImagePull: "x:1": 503 Service Unavailable', False),
        ('Unschedulable: 0/2 nodes are available: persistentvolumeclaim "data" not found.', True),
        ("Unschedulable: 0/2 nodes are available: 1 Insufficient nvidia.com/gpu.", False),
        ("Unschedulable: 0/1 nodes are available: 1 didn't match node affinity/selector.", False),
        (
            'pods "x" is forbidden: exceeded quota: q, requested: a=1, used: a=2, limited: a=2',
            False,
        ),
        ('pods "x" is forbidden: serviceaccount "trainer" not found', True),
    ],
)
def test_what_only_a_person_can_mend(message, lasts):
    assert find_obstacle(message).lasts is lasts


@pytest.mark.parametrize("resource", ["cpu", "memory", "ephemeral-storage"])
def test_the_key_that_is_to_be_lowered_is_one_of_the_configuration(resource):
    found = find_obstacle(f"Unschedulable: 0/2 nodes are available: 2 Insufficient {resource}.")

    assert found is not None
    key = found.sentence.partition("lower ")[2].split()[0]
    assert key in TaskResourcesConfig.model_fields
