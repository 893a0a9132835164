"""What TFX's cache must see besides parameters and artifacts: the code that a node runs.

TFX's cache key holds dotted paths only as strings, so an edited `run_fn` would be answered from
the cache. Every node of the compiled pipeline therefore gets one more parameter: a hash of its
executor's code, of the use case's code that it calls, of all that these import from Tidemill and
from the use case, and of the lock file, which stands for every installed package.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from tfx.orchestration.local import runner_utils

from pipeline.code_digest import CodeDigests, file_digest
from pipeline.project import LOCK_FILE, PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.config.models import PipelineConfig
    from pipeline.use_case import UseCase

PARAMETER = "code_fingerprint"

# Run as a process of its own, by a name that no import shows.
_STARTED_BY_NODE = {"InfraValidator": "serving/server/__main__.py"}


def add_fingerprints(
    pipeline_ir: Any,
    config: PipelineConfig,
    use_case: UseCase,
    project: Path = PROJECT,
    lock_file: Path = LOCK_FILE,
) -> None:
    """Adds the fingerprint of its code to each node's parameters, in place.

    Args:
        pipeline_ir: A `tfx.orchestration.Pipeline` message.
        config: Names the use case's functions.
        use_case: Where they are.
        project: Folder of Tidemill's own packages.
        lock_file: Pins of every installed package.
    """
    lock = file_digest(lock_file)
    code = CodeDigests(use_case.import_root, project)
    user_code = {
        "Transform": config.transform.preprocessing_fn,
        "Tuner": config.tuner.tuner_fn,
        "Trainer": config.trainer.run_fn,
    }
    for node_id, executor in executor_paths(pipeline_ir).items():
        files = [_module_file(project, executor)]
        if node_id in user_code:
            files.append(use_case.source_of(user_code[node_id]))
        if node_id in _STARTED_BY_NODE:
            files.append(project / _STARTED_BY_NODE[node_id])
        digests = [code.of(file) for file in files if file is not None]
        node = next(
            n.pipeline_node for n in pipeline_ir.nodes if n.pipeline_node.node_info.id == node_id
        )
        fingerprint = hashlib.sha256("\n".join([lock, *digests]).encode()).hexdigest()
        node.parameters.parameters[PARAMETER].field_value.string_value = fingerprint


def executor_paths(pipeline_ir: Any) -> dict[str, str]:
    """Returns the dotted path of each node's executor class; resolvers have none.

    Args:
        pipeline_ir: A `tfx.orchestration.Pipeline` message.
    """
    deployment = runner_utils.extract_local_deployment_config(pipeline_ir)
    ids = [node.pipeline_node.node_info.id for node in pipeline_ir.nodes]
    specs = {node_id: runner_utils.extract_executor_spec(deployment, node_id) for node_id in ids}
    return {node_id: _class_path(spec) for node_id, spec in specs.items() if spec is not None}


def _class_path(executor_spec: Any) -> str:
    # A Beam executor's spec wraps a Python executor's.
    return str(getattr(executor_spec, "python_executor_spec", executor_spec).class_path)


def _module_file(project: Path, class_path: str) -> Path | None:
    """Returns the file of one of Tidemill's own executors; None for TFX's."""
    module = class_path.rpartition(".")[0]
    file = project.joinpath(*module.split(".")).with_suffix(".py")
    return file if file.is_file() else None
