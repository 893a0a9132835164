"""Pusher's execution: reads the blessings and artifacts, publishes, records."""

from __future__ import annotations

import contextlib
import functools
import json
import logging
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import io_utils, path_utils

from components.artifact_properties import (
    BLESSED,
    INPUT_FINGERPRINT,
    MODEL_ID,
    ORIGIN,
    PUSHED,
    PUSHED_DESTINATION,
    PUSHED_VERSION,
    RESTORES,
    SPAN,
    SUMMARY,
    VERSION,
)
from components.evaluation_artifact import overall_metrics
from components.pusher.lost_version import bring_back, lost_version
from components.pusher.origin import DataSource, Origin, Provenance
from components.pusher.outcome import (
    OUTCOME_FILE,
    PushOutcome,
    not_blessed,
    older_data,
    pushed,
)
from components.pusher.publish import Publication, publish
from components.pusher.retention import Retention, remove_old_versions
from components.pusher.servers import versions_in_use
from components.pusher.span_order import OlderSpan
from components.pusher.store import checked_store, refuse_mounted_bucket
from components.scratch import local_scratch
from components.training_record import TRAINING_PROPERTY, read_record

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGES = ("tidemill", "tensorflow", "tfx")
_MOUNTS = Path("/proc/mounts")
_log = logging.getLogger(__name__)

Artifacts = dict[str, list[Any]]


class Executor(base_executor.BaseExecutor):
    """Pushes a model that its gates blessed."""

    def Do(
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Publishes `model` and says in `pushed_model` what came of it.

        A model without its blessings, or with older data than the one in force, is an answer and no
        error: nothing is pushed, `pushed` is 0.

        Raises:
            PushError: The model store could not take the model.
            DamagedEvaluationError: What was measured cannot be told.
        """
        name = exec_properties["model_name"]
        model = artifact_utils.get_single_instance(input_dict["model"])
        artifact = artifact_utils.get_single_instance(output_dict["pushed_model"])
        outcome = not_blessed(
            name,
            by_evaluator=_blessed(input_dict["model_blessing"]),
            by_infra_validator="infra_blessing" not in input_dict
            or _blessed(input_dict["infra_blessing"]),
        )
        if outcome is None:
            folder = checked_store(exec_properties["model_store"]) / name
            older_span = bool(exec_properties.get("push_older_span"))
            done, model = self._push(input_dict, folder, older_span=older_span)
            if isinstance(done, OlderSpan):
                outcome = older_data(name, done, dates=bool(exec_properties.get("spans_are_dates")))
            else:
                outcome = pushed(name, done, _remove_old_versions(exec_properties, folder, done))
                _record_origin(done.origin, artifact)
        _log.info("%s", outcome.headline)
        _record(outcome, model, artifact)

    def _push(
        self, inputs: Artifacts, folder: Path, *, older_span: bool
    ) -> tuple[Publication | OlderSpan, Any]:
        """Returns where a model stands now, or why it was held back, and its artifact.

        It is that of `model`; or that of the one in force, pushed or rolled back to later, if the
        store had lost it.
        """
        if _MOUNTS.exists():
            refuse_mounted_bucket(folder, _MOUNTS.read_text(encoding="utf-8"))
        model = artifact_utils.get_single_instance(inputs["model"])
        remembered = _remembered(inputs, folder)
        lost = lost_version(folder, remembered)
        if lost is not None:
            in_force = _model_of(lost, inputs)
            available = self._saved_model(in_force) if in_force else contextlib.nullcontext()
            with available as source:
                brought_back = bring_back(source, folder, lost)
            if brought_back is not None:
                return brought_back, in_force
        with self._saved_model(model) as source:
            its = self._provenance(inputs)
            return publish(source, folder, its, remembered, older_span=older_span), model

    @contextlib.contextmanager
    def _saved_model(self, model: Any) -> Iterator[Path]:
        """Gives a model as a local folder, fetched first if the pipeline's root is a bucket."""
        uri = path_utils.serving_model_path(model.uri)
        if "://" not in uri:
            yield Path(uri)
            return
        with TemporaryDirectory(prefix="pusher-", dir=local_scratch(self._context)) as scratch:
            copy = Path(scratch) / "fetched"
            io_utils.copy_dir(uri, str(copy))
            yield copy

    def _provenance(self, inputs: Artifacts) -> Provenance:
        model = artifact_utils.get_single_instance(inputs["model"])
        context = self._context
        training = read_record(model, TRAINING_PROPERTY) or {}
        # The packages that trained, which may have been others than those that push.
        trained_with = training.pop("software", {})
        return Provenance(
            pipeline=context.pipeline_info.id if context and context.pipeline_info else "",
            run_id=(context.pipeline_run_id or "") if context else "",
            model_uri=model.uri,
            model_artifact_id=model.id,
            data=tuple(_data_source(examples) for examples in inputs.get("examples", [])),
            metrics=_metrics(inputs.get("evaluation", [])),
            software={package: _version(package) for package in _PACKAGES} | trained_with,
            training=training,
        )


def _remembered(inputs: Artifacts, folder: Path) -> list[Origin]:
    """Returns the origins of earlier pushes to a folder, as ML Metadata has them."""
    pushes = [push for push in inputs.get("earlier_pushes", []) if _is_in(folder, push)]
    texts = (push.get_string_custom_property(ORIGIN) for push in pushes)
    return [Origin.from_json(text) for text in texts if text]


def _is_in(folder: Path, push: Any) -> bool:
    destination = Path(push.get_string_custom_property(PUSHED_DESTINATION))
    return destination.parent.resolve() == folder.resolve()


def _model_of(origin: Origin, inputs: Artifacts) -> Any | None:
    """Returns the artifact of the model that an origin tells of, if it is there."""
    models = [*inputs["model"], *inputs.get("latest_model", [])]
    return next((model for model in models if model.uri == origin.provenance.model_uri), None)


def _blessed(blessings: list[Any]) -> bool:
    return bool(blessings) and all(
        blessing.get_int_custom_property(BLESSED) == 1 for blessing in blessings
    )


def _metrics(evaluations: list[Any]) -> dict[str, float]:
    return overall_metrics(evaluations[0].uri) if evaluations else {}


def _data_source(examples: Any) -> DataSource:
    return DataSource(
        uri=examples.uri,
        span=_number(examples, SPAN),
        version=_number(examples, VERSION),
        fingerprint=examples.get_string_custom_property(INPUT_FINGERPRINT),
    )


def _number(artifact: Any, name: str) -> int | None:
    """Returns a number that TFX keeps in a property or, from some drivers, a custom property."""
    if artifact.has_custom_property(name):
        return int(artifact.get_int_custom_property(name))
    return int(getattr(artifact, name)) if artifact.has_property(name) else None


def _version(package: str) -> str:
    """Returns a package's version; a package used from its source tree has none."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "source"


def _remove_old_versions(
    exec_properties: dict[str, Any], folder: Path, done: Publication
) -> Retention:
    keep = exec_properties.get("keep_versions")
    if keep is None:
        return Retention()
    servers = json.loads(exec_properties.get("servers") or "[]")
    served = functools.partial(versions_in_use, servers, folder.name) if servers else None
    return remove_old_versions(folder, keep, done.version, served)


def _record_origin(origin: Origin, artifact: Any) -> None:
    artifact.set_string_custom_property(ORIGIN, origin.to_json())
    if origin.restores is not None:
        artifact.set_string_custom_property(RESTORES, str(origin.restores))


def _record(outcome: PushOutcome, model: Any, artifact: Any) -> None:
    artifact.set_int_custom_property(PUSHED, int(outcome.pushed))
    artifact.set_int_custom_property(MODEL_ID, model.id)
    artifact.set_string_custom_property(SUMMARY, outcome.headline)
    if outcome.pushed:
        artifact.set_string_custom_property(PUSHED_DESTINATION, outcome.destination)
        artifact.set_string_custom_property(PUSHED_VERSION, str(outcome.version))
    fileio.makedirs(artifact.uri)
    with fileio.open(f"{artifact.uri}/{OUTCOME_FILE}", "w") as file:
        file.write(outcome.to_json())
