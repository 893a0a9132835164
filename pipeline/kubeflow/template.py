"""The TFX side of compiling: the pipeline of any run, cut into the slices of its tasks.

    python -m pipeline.kubeflow.template < REQUEST > TEMPLATE

It is a process of its own because TFX and Kubeflow's SDK cannot both be imported quickly into one:
what makes TFX's import quick (`pipeline.lean_imports`) hides packages that the SDK needs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.example_gen.patterns import has_placeholders
from pipeline.config.models import PipelineConfig
from pipeline.config.paths import resolve_schema_file
from pipeline.errors import ConfigurationError
from pipeline.kubeflow.payload import encode
from pipeline.kubeflow.tasks import tasks_for
from pipeline.project import PROJECT, environment_of_python
from pipeline.use_case import UseCase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.kubeflow.storage import Storage


class TemplateError(RuntimeError):
    """The pipeline could not be compiled, and nobody expected that: no fault of the user's."""


@dataclass(frozen=True)
class Template:
    """A compiled pipeline, cut into slices.

    Attributes:
        upstream: For each node the nodes that it waits for, in topological order.
        slices: For each task its part of the TFX IR, as an argument.
    """

    upstream: Mapping[str, tuple[str, ...]]
    slices: Mapping[str, str]


def compile_template(use_case: UseCase, config: PipelineConfig, storage: Storage) -> Template:
    """Compiles a use case's pipeline for any run on Kubeflow, in a process of its own.

    Raises:
        ConfigurationError: The curated schema or the use case's code is wrong.
        TemplateError: The process failed otherwise; its cause is what it said.
    """
    request = {
        "use_case": str(use_case.folder),
        "config": config.model_dump(mode="json", by_alias=True),
        "pipeline_root": storage.pipeline_root,
        "model_store": storage.model_store,
    }
    ended = subprocess.run(
        [sys.executable, "-m", "pipeline.kubeflow.template"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=environment_of_python(),
        check=False,
    )
    if ended.returncode == ConfigurationError.exit_status:
        raise ConfigurationError(*json.loads(ended.stdout))
    if ended.returncode:
        last = ended.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        said = RuntimeError(f"its process said:\n{ended.stderr}")
        raise TemplateError(f"the pipeline could not be compiled: {last[0]}") from said
    fields = json.loads(ended.stdout)
    upstream = {node: tuple(others) for node, others in fields["upstream"].items()}
    return Template(upstream, fields["slices"])


def template_of(use_case: UseCase, config: PipelineConfig, storage: Storage) -> Template:
    """Does what `compile_template` does, in this process.

    Raises:
        ConfigurationError: The curated schema or the use case's code is wrong.
    """
    from pipeline.compiling import compile_for_any_run, upstream_nodes
    from pipeline.dag import Locations
    from pipeline.kubeflow.slices import slice_of
    from pipeline.span_template import UNKNOWN_DATA, template_spans

    schema = resolve_schema_file(config, use_case.folder)
    in_spans = has_placeholders(config.data.path)
    locations = Locations(
        data=UNKNOWN_DATA,
        artifacts=f"{storage.pipeline_root}/{config.name}",
        model_store=storage.model_store,
        curated_schema=schema.read_text(encoding="utf-8") if schema else None,
        spans=template_spans(config.data.window) if in_spans else (),
    )
    compiled = compile_for_any_run(config, use_case, locations)
    upstream = upstream_nodes(compiled)
    slices = {
        task.name: encode(slice_of(compiled, task.nodes).SerializeToString(deterministic=True))
        for task in tasks_for(config.kubeflow, upstream)
    }
    return Template(upstream, slices)


def _main() -> int:
    from pipeline import lean_imports

    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries print
    lean_imports.install()
    from pipeline.kubeflow.storage import Storage

    fields: dict[str, Any] = json.load(sys.stdin)
    try:
        reply: Any = asdict(
            template_of(
                UseCase.open(Path(fields["use_case"])),
                PipelineConfig.model_validate_json(json.dumps(fields["config"])),
                Storage(fields["pipeline_root"], fields["model_store"]),
            )
        )
        status = 0
    except ConfigurationError as error:
        reply, status = list(error.problems), error.exit_status
    with replies:
        json.dump(reply, replies)
    return status


if __name__ == "__main__":
    sys.exit(_main())
