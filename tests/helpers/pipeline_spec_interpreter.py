"""A small interpreter of KFP v2's PipelineSpec: what of it a pipeline of Tidemill uses.

It says which tasks there are, in which order they run, and with which arguments, as the driver and
the launcher of Kubeflow Pipelines 2.17 would give them. Where a task runs is up to its caller.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_PARAMETER = re.compile(r"\{\{\$\.inputs\.parameters\['([^']+)'\]\}\}")
_PATH = re.compile(r"\{\{\$\.outputs\.artifacts\['([^']+)'\]\.path\}\}")
_EXECUTOR_INPUT = "{{$}}"
_BUCKET = "minio://mlpipeline/v2/artifacts"


@dataclass(frozen=True)
class TaskToRun:
    """One task, with everything that Kubeflow would have filled in.

    Attributes:
        name: Name of the task.
        after: The tasks that it waits for.
        image: Image of its container.
        command: Command of the container, with its arguments.
        env: Its environment variables.
        resources: Its requests and limits, as the PipelineSpec has them.
        platform: What the platform spec says of it.
        outputs: Folder that stands for the launcher's local copy of the object store.
    """

    name: str
    after: tuple[str, ...]
    image: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    resources: Mapping[str, Any]
    platform: Mapping[str, Any]
    outputs: Path
    arguments: Mapping[str, str] = field(default_factory=dict)

    @property
    def report(self) -> Path:
        """The file that the launcher would upload as the task's report."""
        return self.outputs / "report"

    @property
    def executor_output(self) -> Path:
        """The file in which the launcher would look for metadata of artifacts."""
        return self.outputs / "executor_output.json"


def tasks_to_run(
    package: str, run_id: str, outputs: Path, parameters: Mapping[str, str]
) -> Iterator[TaskToRun]:
    """Yields the tasks of a package in an order in which they can run.

    Args:
        package: The YAML that was compiled.
        run_id: Id of the run.
        outputs: Folder for what the tasks leave for Kubeflow, as the tasks see it.
        parameters: Values of the pipeline's parameters; a missing one has its default.
    """
    spec, *others = yaml.safe_load_all(package)
    platforms = (
        others[0]["platforms"]["kubernetes"]["deploymentSpec"]["executors"] if others else {}
    )
    tasks = spec["root"]["dag"]["tasks"]
    done: set[str] = set()
    while len(done) < len(tasks):
        name = next(n for n in tasks if n not in done and done.issuperset(_after(tasks[n])))
        label = spec["components"][tasks[name]["componentRef"]["name"]]["executorLabel"]
        container = spec["deploymentSpec"]["executors"][label]["container"]
        given = dict(_inputs(spec, tasks[name], run_id, parameters))
        folder = outputs / run_id / name
        yield TaskToRun(
            name=name,
            after=tuple(_after(tasks[name])),
            image=container["image"],
            command=(
                *container["command"],
                *(_substituted(argument, given, folder) for argument in container["args"]),
            ),
            env={item["name"]: item["value"] for item in container.get("env", ())},
            resources=container.get("resources", {}),
            platform=platforms.get(label, {}),
            outputs=folder,
            arguments=given,
        )
        done.add(name)


def _after(task: Mapping[str, Any]) -> list[str]:
    return list(task.get("dependentTasks", ()))


def _inputs(
    spec: Mapping[str, Any], task: Mapping[str, Any], run_id: str, parameters: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    defined = spec["root"]["inputDefinitions"]["parameters"]
    constants = {"{{$.pipeline_job_uuid}}": run_id}
    for name, source in task["inputs"]["parameters"].items():
        if "componentInputParameter" in source:
            of_pipeline = source["componentInputParameter"]
            yield name, parameters.get(of_pipeline, defined[of_pipeline].get("defaultValue", ""))
        else:
            constant = source["runtimeValue"]["constant"]
            yield name, constants.get(constant, constant)


def _substituted(argument: str, given: Mapping[str, str], folder: Path) -> str:
    if argument == _EXECUTOR_INPUT:
        return json.dumps(_executor_input(given, folder))
    argument = _PARAMETER.sub(lambda match: given[match[1]], argument)
    return _PATH.sub(lambda match: str(folder / match[1]), argument)


def _executor_input(given: Mapping[str, str], folder: Path) -> dict[str, Any]:
    artifacts = {
        name: {
            "artifacts": [{"name": name, "type": {"schemaTitle": kind}, "uri": f"{_BUCKET}/{name}"}]
        }
        for name, kind in (("report", "system.HTML"), ("metrics", "system.Metrics"))
    }
    outputs = {"artifacts": artifacts, "outputFile": str(folder / "executor_output.json")}
    return {"inputs": {"parameterValues": dict(given)}, "outputs": outputs}
