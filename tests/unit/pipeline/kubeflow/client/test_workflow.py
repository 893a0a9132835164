"""The pods of a run."""

from __future__ import annotations

import json

from pipeline.kubeflow.client.workflow import read_workflow


def node(name, node_id, **fields):
    return {"id": node_id, "name": name, "type": "Pod", "templateName": "impl", **fields}


def manifest(*nodes, annotations=None, message=""):
    return json.dumps(
        {
            "metadata": {"name": "taxi-abc", "annotations": annotations or {}},
            "status": {"nodes": {each["id"]: each for each in nodes}, "message": message},
        }
    )


def test_pods_belong_to_tasks():
    workflow = read_workflow(
        manifest(
            {"id": "taxi-abc", "name": "taxi-abc", "type": "DAG"},
            node("taxi-abc.root-driver", "taxi-abc-1"),
            node("taxi-abc.root.train-driver", "taxi-abc-2", phase="Succeeded", startedAt="1"),
            node(
                "taxi-abc.root.train.executor",
                "taxi-abc-3",
                phase="Pending",
                message="Unschedulable:\n 0/2",
                startedAt="2",
            ),
        )
    )

    pod = workflow.executor("train")
    assert pod.name == "taxi-abc-impl-3"
    assert (pod.phase, pod.message) == ("Pending", "Unschedulable: 0/2")
    assert workflow.current("train") == pod
    assert workflow.executor("evaluate") is None


def test_before_the_executor_there_is_the_driver():
    workflow = read_workflow(manifest(node("w.root.train-driver", "w-1", message="ErrImagePull")))

    assert workflow.executor("train") is None
    assert workflow.current("train").is_driver


def test_of_several_attempts_the_last_counts():
    workflow = read_workflow(
        manifest(
            node("w.root.train(0).executor(1)", "w-2", startedAt="2026-11-21T17:00:02Z"),
            node("w.root.train(0).executor(0)", "w-1", startedAt="2026-11-21T17:00:01Z"),
        )
    )

    assert workflow.executor("train").name == "taxi-abc-impl-2"


def test_the_older_form_of_names():
    old = manifest(
        node("w.root.train.executor", "w-1"),
        annotations={"workflows.argoproj.io/pod-name-format": "v1"},
    )

    assert read_workflow(old).executor("train").name == "w-1"


def test_an_empty_or_strange_manifest_has_no_pods():
    for text in ("", "{}", "nonsense", '{"status": {"nodes": null}}'):
        assert read_workflow(text).pods == ()
    assert read_workflow(manifest(message="too long")).message == "too long"
