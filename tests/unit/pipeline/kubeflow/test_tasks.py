"""Which nodes share a task."""

from __future__ import annotations

import pytest

from pipeline.config.kubeflow_section import KubeflowConfig
from pipeline.kubeflow.needs import needs_of
from pipeline.kubeflow.tasks import tasks_of

TAXI = {
    "ExampleGen": (),
    "StatisticsGen": ("ExampleGen",),
    "SchemaGen": ("StatisticsGen",),
    "ExampleValidator": ("SchemaGen", "StatisticsGen"),
    "Transform": ("ExampleGen", "SchemaGen"),
    "Tuner": ("ExampleValidator", "Transform"),
    "Trainer": ("ExampleValidator", "SchemaGen", "Transform", "Tuner"),
    "InfraValidator": ("ExampleGen", "Trainer"),
    "LatestPushedModel": ("Trainer",),
    "Evaluator": ("ExampleGen", "LatestPushedModel", "Trainer"),
    "Pusher": ("Evaluator", "InfraValidator", "Trainer"),
}
DATA, TRAINING, PUBLISHING = (
    "examplegen-to-transform",
    "tuner-to-trainer",
    "infravalidator-to-pusher",
)


def tasks(upstream=None, *, fuse=True, **resources):
    config = KubeflowConfig.model_validate(
        {"resources": resources, "gpu_image": "tidemill:1-gpu"}, strict=False
    )
    return tasks_of(upstream or TAXI, lambda kind: needs_of(kind, config, "tidemill:1"), fuse=fuse)


def test_eleven_nodes_make_three_tasks():
    made = tasks(training={"gpus": 1})

    assert [(task.name, task.after, task.first, task.last, task.alone) for task in made] == [
        (DATA, (), True, False, True),
        (TRAINING, (DATA,), False, False, True),
        (PUBLISHING, (DATA, TRAINING), False, True, True),
    ]
    assert [node for task in made for node in task.nodes] == list(TAXI)


def test_training_stands_alone_without_gpus_too():
    assert [task.name for task in tasks()] == [DATA, TRAINING, PUBLISHING]


def test_only_training_has_the_gpu_and_its_image():
    needs = {task.name: task.needs for task in tasks(training={"gpus": 1})}

    assert [needs[name].gpus for name in (DATA, TRAINING, PUBLISHING)] == [0, 1, 0]
    assert needs[TRAINING].image == "tidemill:1-gpu"
    assert needs[DATA].image == needs[PUBLISHING].image == "tidemill:1"


def test_a_node_with_needs_of_its_own_has_a_task_of_its_own():
    made = tasks(Evaluator={"memory": "8Gi"})

    by_nodes = {task.nodes: task for task in made}
    assert by_nodes[("Evaluator",)].needs.memory == "8Gi"
    assert by_nodes[("Pusher",)].after == (
        TRAINING,
        "infravalidator-to-latestpushedmodel",
        "evaluator",
    )


def test_without_fusing_each_node_has_a_task():
    made = tasks(fuse=False)

    assert [task.nodes for task in made] == [(node,) for node in TAXI]
    assert [task.title for task in made if task.last] == ["Pusher"]
    assert not {"Transform", "InfraValidator", "Evaluator"} & {t.title for t in made if t.alone}
    assert {"Trainer", "Pusher"} <= {task.title for task in made if task.alone}


def test_nothing_runs_beside_the_first_task_which_cleans_up():
    upstream = {**TAXI, "LatestPushedModel": (), "Tuner": ("Transform", "LatestPushedModel")}
    made = {task.title: task for task in tasks(upstream, fuse=False)}

    assert [title for title, task in made.items() if task.first] == ["ExampleGen"]
    assert made["ExampleGen"].alone
    assert made["LatestPushedModel"].after == ("examplegen",)


@pytest.mark.parametrize("fuse", [True, False])
def test_what_a_task_waits_for_comes_before_it(fuse):
    seen = set()
    for task in tasks(fuse=fuse, Transform={"cpu": "4"}, SchemaGen={"cpu": "1"}):
        assert seen.issuperset(task.after)
        seen.add(task.name)


def test_all_spans_of_a_kind_share_a_task_because_their_number_is_not_known_before():
    upstream = {
        "ExampleGen.span--1": (),
        "ExampleGen.span--2": (),
        "Transform": ("ExampleGen.span--1", "ExampleGen.span--2"),
    }
    made = tasks(upstream, fuse=False)

    assert [task.nodes for task in made] == [
        ("ExampleGen.span--1", "ExampleGen.span--2"),
        ("Transform",),
    ]
