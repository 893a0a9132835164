"""What the pod of each node needs."""

from __future__ import annotations

import pytest

from pipeline.config.kubeflow_section import KubeflowConfig
from pipeline.kubeflow.needs import needs_of, unknown_kinds

POOL = {"gpu": {"node_selector": {"pool": "gpu"}}, "big": {}}


def config(**resources):
    fields = {"resources": resources, "node_pools": POOL, "timeout_minutes": 60}
    return KubeflowConfig.model_validate(fields, strict=False)


def test_the_more_exact_entry_wins_key_by_key():
    given = config(
        default={"cpu": "1", "memory": "2Gi"},
        training={"cpu": "4", "timeout_minutes": 600},
        Trainer={"cpu": "8"},
    )

    trainer, tuner = needs_of("Trainer", given, "i"), needs_of("Tuner", given, "i")
    assert (trainer.cpu, trainer.memory, trainer.timeout_minutes) == ("8", "2Gi", 600)
    assert tuner.cpu == "4"
    assert needs_of("Pusher", given, "i")[:3] == ("i", "1", "2Gi")


def test_whoever_asks_for_a_gpu_goes_to_the_pool_named_gpu():
    given = config(training={"gpus": 1})

    assert needs_of("Trainer", given, "i").node_pool == "gpu"
    assert needs_of("Trainer", given, "i").gpu_type == "nvidia.com/gpu"
    assert needs_of("Evaluator", given, "i").node_pool is None


def test_gpus_for_every_node_are_refused():
    with pytest.raises(ValueError, match=r"resources\.default\.gpus = 1: .* resources\.training"):
        config(default={"gpus": 1})

    assert needs_of("Pusher", config(default={"gpus": 0}, training={"gpus": 1}), "i").gpus == 0


def test_a_pool_that_is_named_comes_first():
    assert needs_of("Tuner", config(Tuner={"gpus": 1, "node_pool": "big"}), "i").node_pool == "big"


def test_no_node_trains_beside_others():
    assert needs_of("Trainer", config(), "i") != needs_of("Transform", config(), "i")


def test_keys_that_name_no_kind_of_node():
    given = config(default={}, training={}, Trainer={}, Trianer={})

    assert unknown_kinds(given, {"Trainer", "Pusher"}) == ["Trianer"]
