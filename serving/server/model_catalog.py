"""The models that are configured at the moment, and what happens when that changes."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeoutError
from pathlib import Path
from typing import TYPE_CHECKING

from serving.errors import Code, DeadlineExceededError, InvalidArgumentError, ServingError
from serving.server.labels import assign_labels
from serving.server.model_config import (
    ModelSettings,
    check_platforms_known,
    check_platforms_stay,
    read_settings,
)
from serving.server.watcher import Source, Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tensorflow_serving.config import model_server_config_pb2

    from serving.server.log_config import RequestLogSettings
    from serving.server.model_service import ModelService, Servable
    from serving.server.model_versions import ModelVersions
    from serving.server.transitions import VersionStatus

_LIST, _CUSTOM = "model_config_list", "custom_model_config"
_log = logging.getLogger(__name__)


class ModelCatalog:
    """Keeps one watcher for each configured model.

    Args:
        service: The models as requests see them; it is kept up to date.
        watch: Makes the watcher of a model that is new.
        log_requests: Takes notice of the models whose requests are to be logged.
        new_labels_early: Whether a new label may stand for a version that is not loaded yet.
    """

    def __init__(
        self,
        service: ModelService,
        watch: Callable[[ModelVersions[Servable], Source], Watcher],
        *,
        log_requests: Callable[[Mapping[str, RequestLogSettings]], None] | None = None,
        new_labels_early: bool = False,
    ) -> None:
        self._service = service
        self._watch = watch
        self._log_requests = log_requests or (lambda _: None)
        self._new_labels_early = new_labels_early
        self._lock = threading.Lock()
        self._models: tuple[ModelSettings, ...] | None = None
        self._watchers: dict[str, Watcher] = {}

    def configure(
        self,
        config: model_server_config_pb2.ModelServerConfig,
        timeout_s: float | None = None,
        *,
        wait: bool = True,
    ) -> None:
        """Makes a config the valid one, and waits until the models that are new are loaded.

        As in TensorFlow Serving: a config with a label that cannot be set is kept, but changes no
        model; models that are known already change without being waited for.

        Args:
            config: The config.
            timeout_s: How long to wait, seconds; None is for ever.
            wait: Whether to wait at all. Meanwhile another config may be made the valid one.

        Raises:
            ServingError: The config is not valid, or a new model failed to load for good, or the
                time is up.
        """
        kind = config.WhichOneof("config")
        if kind == _CUSTOM:
            raise _custom_config_error(is_first=self._models is None)
        if kind != _LIST:
            _log.info("Taking no action for empty config.")
            return
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with self._lock:
            models = read_settings(config)
            is_first = self._models is None
            check_platforms_stay(self._models or (), models)
            self._models = models
            self._set_labels(models)
            check_platforms_known(models)
            logs = {model.name: log for model in models if (log := model.request_log)}
            self._log_requests(logs)
            added = self._change_watchers(models)
        if wait:
            _await_models(added, deadline, "servable(s)" if is_first else "model(s)")

    def _set_labels(self, models: Iterable[ModelSettings]) -> None:
        current = self._service.labels or {}
        self._service.labels = {
            model.name: assign_labels(
                model.name,
                model.labels,
                current.get(model.name, {}),
                self._service.versions_of(model.name).available(),
                new_labels_early=self._new_labels_early,
            )
            for model in models
        }

    def _change_watchers(self, models: Iterable[ModelSettings]) -> dict[str, Watcher]:
        """Returns the watchers of the models that are new."""
        sources = {m.name: Source(Path(m.folder), m.policy) for m in models}
        for name in self._watchers.keys() - sources.keys():
            _log.info("dropping model %s", name)
            self._watchers.pop(name).retire()
        added: dict[str, Watcher] = {}
        for name, source in sources.items():
            if name in self._watchers:
                self._watchers[name].change(source)
                continue
            added[name] = self._watch(self._service.versions_of(name), source)
            added[name].start()
        self._watchers |= added
        return added


def _await_models(added: Mapping[str, Watcher], deadline: float | None, noun: str) -> None:
    failed: list[tuple[str, VersionStatus]] = []
    for name, watcher in added.items():
        left = None if deadline is None else max(deadline - time.monotonic(), 0)
        try:
            failed += [(name, status) for status in watcher.first_load.result(left)]
        except FutureTimeoutError as error:
            raise DeadlineExceededError(f"Model {name} is still being loaded.") from error
        except CancelledError as error:
            raise ServingError.of(
                Code.ABORTED, f"Model {name} was dropped by another config before it was loaded."
            ) from error
    if failed:
        causes = "".join(
            f"{{{{name: {name} version: {status.version}}} due to error: {status.error}}}, "
            for name, status in failed
        )
        raise ServingError.of(
            Code.UNKNOWN, f"{len(failed)} {noun} did not become available: {{{causes}}}"
        )


def _custom_config_error(*, is_first: bool) -> ServingError:
    if is_first:
        return InvalidArgumentError("ModelServer does not yet support custom model config.")
    return ServingError.of(
        Code.FAILED_PRECONDITION,
        "Cannot transition to requested config. It is only legal to transition from one "
        "ModelConfigList to another.",
    )
