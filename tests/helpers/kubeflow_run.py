"""A small compiled pipeline, and runs of it on the stand-in for Kubeflow."""

from __future__ import annotations

from pipeline.kubeflow.compiled import CompiledPipeline
from pipeline.kubeflow.task_result import TaskResult

PACKAGE = """\
components:
  comp-data: {executorLabel: exec-data}
deploymentSpec:
  executors:
    exec-data: {container: {args: [--run-id, x]}}
pipelineInfo: {name: taxi}
root:
  dag:
    tasks:
      train: {taskInfo: {name: Trainer}, dependentTasks: [data]}
      data: {taskInfo: {name: ExampleGen to Transform}, componentRef: {name: comp-data}}
schemaVersion: 2.1.0
"""
COMPILED = CompiledPipeline(
    "taxi",
    PACKAGE,
    {"pipeline_root": "/tidemill/root", "span": ""},
    {"data": ("ExampleGen", "Transform"), "train": ("Trainer",)},
)
DATA = TaskResult(
    0,
    "succeeded",
    "",
    {n: {"state": "done", "seconds": 1.5} for n in ("ExampleGen", "Transform")},
).to_line()


def finish(fake, run_id, state, **logs):
    """Lets a run end, its tasks with these logs."""
    its = dict.fromkeys(logs, "SUCCEEDED")
    if state == "FAILED":
        its[list(logs)[-1]] = "FAILED"
    fake.set_pods(run_id, **dict.fromkeys(logs, ("Succeeded", "")))
    for number, log in enumerate(logs.values()):
        fake.set_log(run_id, number, log)
    fake.set_run(run_id, state, its, ended=True)
