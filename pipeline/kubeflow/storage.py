"""Which of a configuration's paths a pod can reach, and where a run on Kubeflow writes."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from pipeline.config.base import is_uri
from pipeline.config.kubeflow_section import check_pipeline_root
from pipeline.config.kubernetes_text import clean_path
from pipeline.config.paths import uri_problem
from pipeline.errors import ConfigurationError
from pipeline.kubeflow.compiled import PIPELINE_ROOT

if TYPE_CHECKING:
    from pipeline.config.models import PipelineConfig

_PACKAGE = "package:"


class Storage(NamedTuple):
    """Where a run on Kubeflow writes.

    Attributes:
        pipeline_root: Folder or URI that has a folder for each pipeline.
        model_store: Folder that receives `<name>/<version>/`.
    """

    pipeline_root: str
    model_store: str


def check_storage(config: PipelineConfig, use_case: Path) -> Storage:
    """Returns where a run writes, having checked that no path is only local.

    Args:
        config: The resolved configuration.
        use_case: Folder of the use case, which the image holds too.

    Raises:
        ConfigurationError: Something is missing, or a pod cannot reach it; one problem for each.
    """
    kubeflow = config.kubeflow
    root = kubeflow.pipeline_root
    store = kubeflow.model_store or config.pusher.model_store
    problems = [
        problem
        for problem in (
            _missing("kubeflow.pipeline_root", root)
            or _root_problem(config, "kubeflow.pipeline_root", root),
            _missing("kubeflow.model_store", store) or _store_problem(config, store),
            _data_problem(config, use_case),
        )
        if problem
    ]
    if problems or root is None or store is None:
        raise ConfigurationError(*problems)
    return Storage(root, store)


def check_root(config: PipelineConfig, root: str) -> str:
    """Returns the pipeline root that one run is given in the place of the configuration's.

    Raises:
        ConfigurationError: A pod cannot use it.
    """
    option = f"--param {PIPELINE_ROOT}"
    try:
        checked = check_pipeline_root(root)
    except ValueError as error:
        raise ConfigurationError(f"{option} = {root}: {error}") from error
    problem = _root_problem(config, option, checked)
    if problem:
        raise ConfigurationError(problem)
    return checked


def _root_problem(config: PipelineConfig, key: str, root: str | None) -> str | None:
    validator = config.infra_validator
    if root and is_uri(root) and validator.enabled and validator.backend == "kubernetes":
        return (
            f"{key} = {root}: infra_validator.backend = kubernetes mounts the model, which it "
            "cannot from a bucket; put it on one of kubeflow.volumes, or set "
            "infra_validator.backend to process"
        )
    return _unreachable(config, key, root)


def _store_problem(config: PipelineConfig, store: str | None) -> str | None:
    if config.kubeflow.model_store is not None:
        return _unreachable(config, "kubeflow.model_store", store)
    problem = _unreachable(config, "pusher.model_store", store)
    return f"{problem}, or set kubeflow.model_store" if problem else None


def _missing(key: str, value: str | None) -> str | None:
    if value is not None:
        return None
    return f"{key} is not set; give a path on one of kubeflow.volumes"


def _data_problem(config: PipelineConfig, use_case: Path) -> str | None:
    path = config.data.path
    if is_uri(path):
        return uri_problem(path)
    if path.startswith(_PACKAGE):
        return None
    absolute = (use_case / Path(path).expanduser()).resolve()
    if absolute.is_relative_to(use_case):
        return None  # the image holds the use case's folder
    return _unreachable(config, "data.path", str(absolute))


def _unreachable(config: PipelineConfig, key: str, path: str | None) -> str | None:
    """Returns why a pod cannot reach a path, or None if it can."""
    if path is None or is_uri(path):
        return None
    mounts = [volume.mount_path for volume in config.kubeflow.volumes]
    if any(PurePosixPath(clean_path(path)).is_relative_to(mount) for mount in mounts):
        return None
    places = f"they are mounted at {', '.join(mounts)}" if mounts else "there are none"
    return f"{key} = {path}: a pod has no such path; put it on one of kubeflow.volumes ({places})"
