"""InfraValidator's execution: reads the artifacts, has the model served and tried, records."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import io_utils, path_utils

from components.artifact_properties import BLESSED
from components.gates import Verdict, write_verdict
from components.infra_validator.backends import ModelServerBackend, ProcessBackend
from components.infra_validator.checks import verdict_of
from components.infra_validator.clients import open_clients
from components.infra_validator.errors import InfraValidationError
from components.infra_validator.examples import read_examples
from components.infra_validator.questions import check_signatures, questions_for
from components.infra_validator.rows import inputs_of
from components.infra_validator.validation import validate
from components.saved_model import read_signatures
from components.schema_artifact import read_schema
from components.scratch import local_scratch
from components.splits import check_split

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPLIT = "eval"
_LOG_FILE = "server.log"
# A Pod may live this long, and for so many requests that each just meet their bound.
_ASKING_SECONDS = 600.0
_ASKING_BOUNDS = 100
_log = logging.getLogger(__name__)

Artifacts = dict[str, list[Any]]


class Executor(base_executor.BaseExecutor):
    """Blesses a model that a server loads and that answers as it should."""

    def Do(
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Tries `model` and writes the answer into `blessing`.

        A model that does not load or answers wrongly is a verdict and no error.

        Raises:
            InfraValidationError: There is nothing to try the model with.
            NoSuchSplitError: Likewise.
        """
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        folder = local_scratch(self._context)
        fileio.makedirs(blessing.uri)
        with (
            TemporaryDirectory(prefix="infra-validator-", dir=folder) as scratch,
            _server_log(blessing.uri, scratch) as log,
        ):
            verdict = _judge(input_dict, exec_properties, Path(scratch), log)
        _log.info("%s", verdict.headline)
        _record(verdict, blessing)


@contextmanager
def _server_log(blessing_uri: str, scratch: str) -> Iterator[Path]:
    """Gives the server's log as a local file that ends up in the blessing's folder."""
    if "://" not in blessing_uri:
        yield Path(blessing_uri) / _LOG_FILE
        return
    log = Path(scratch) / _LOG_FILE
    try:
        yield log
    finally:
        if log.exists():
            fileio.copy(str(log), f"{blessing_uri}/{_LOG_FILE}", overwrite=True)


def _judge(inputs: Artifacts, options: dict[str, Any], scratch: Path, log: Path) -> Verdict:
    name, label = options["model_name"], options["label"] or None
    examples = read_examples(_split_uris(inputs["examples"]), options["num_examples"], label)
    features = _features(artifact_utils.get_single_uri(inputs["schema"])) - {options["label"]}
    saved_model = _local_model(artifact_utils.get_single_uri(inputs["model"]), scratch)
    signatures = inputs_of(read_signatures(str(saved_model)))
    checks = validate(
        _backend(options, log, scratch),
        open_clients(name, options["max_latency_ms"]),
        name,
        saved_model,
        questions_for(signatures, examples),
        options["max_latency_ms"],
    )
    return verdict_of(name, [*checks, *check_signatures(signatures, features)])


def _split_uris(examples: list[Any]) -> list[str]:
    check_split(examples, _SPLIT)
    return [artifact_utils.get_split_uri([artifact], _SPLIT) for artifact in examples]


def _features(schema_uri: str) -> set[str]:
    return {feature.name for feature in read_schema(schema_uri).feature}


def _local_model(uri: str, scratch: Path) -> Path:
    """Returns the exported model as a local folder, fetched if the pipeline's root is a bucket."""
    source = str(path_utils.serving_model_path(uri))
    if "://" not in source:
        return Path(source)
    copy = scratch / "fetched"
    io_utils.copy_dir(source, str(copy))
    return copy


def _backend(options: dict[str, Any], log: Path, scratch: Path) -> ModelServerBackend:
    load_timeout_seconds = options["load_timeout_seconds"]
    if options["backend"] == "process":
        return ProcessBackend(log, load_timeout_seconds, scratch)
    if options["backend"] == "kubernetes":
        from components.infra_validator.cluster.backend import KubernetesBackend
        from components.infra_validator.cluster.settings import PodSettings

        settings = PodSettings.from_text(options["server_pod"])
        asking_seconds = _ASKING_SECONDS + _ASKING_BOUNDS * options["max_latency_ms"] / 1000
        return KubernetesBackend(settings, log, load_timeout_seconds, asking_seconds)
    raise InfraValidationError(
        f"InfraValidator has no backend {options['backend']!r}", subject="backend"
    )


def _record(verdict: Verdict, blessing: Any) -> None:
    write_verdict(blessing.uri, verdict)
    marker = "INFRA_BLESSED" if verdict.passed else "INFRA_NOT_BLESSED"
    io_utils.write_string_file(f"{blessing.uri}/{marker}", "")
    blessing.set_int_custom_property(BLESSED, int(verdict.passed))
