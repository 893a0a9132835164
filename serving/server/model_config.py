"""What a model config says: which models, where, which versions, under which labels.

Free of files and TensorFlow; the messages are those of `tensorflow-serving-api`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tensorflow_serving.config import model_server_config_pb2

from serving.errors import InvalidArgumentError
from serving.server.log_config import RequestLogSettings, read_log_settings
from serving.server.versions import All, Latest, Specific, VersionPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PLATFORM = "tensorflow"
_DEPRECATED_TENSORFLOW = 1
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)


@dataclass(frozen=True)
class ModelSettings:
    """One model of a config.

    Attributes:
        name: Its name.
        base_path: The folder that holds its version folders, as it was written.
        platform: What serves it.
        policy: Which versions are served.
        labels: Version labels and the versions that they stand for.
        request_log: Which of its requests are logged, and where; None logs none.
    """

    name: str
    base_path: str
    platform: str = PLATFORM
    policy: VersionPolicy = field(default_factory=Latest)
    labels: Mapping[str, int] = field(default_factory=dict)
    request_log: RequestLogSettings | None = None

    @property
    def folder(self) -> str:
        """The base path without `file://`.

        Raises:
            InvalidArgumentError: It is on a file system that this server does not read.
        """
        uri = _URI.fullmatch(self.base_path)
        if uri is None:
            return self.base_path
        if uri[1].lower() != "file":
            raise InvalidArgumentError(
                f"Model {self.name} lies on {uri[1]}://, which this server does not read: "
                f"mount it as a folder, or copy it to one"
            )
        return unquote(uri[2])


def single_model_config(name: str, base_path: str) -> model_server_config_pb2.ModelServerConfig:
    """Returns the config of a server of one model."""
    config = model_server_config_pb2.ModelServerConfig()
    config.model_config_list.config.add(name=name, base_path=base_path, model_platform=PLATFORM)
    return config


def read_settings(config: model_server_config_pb2.ModelServerConfig) -> tuple[ModelSettings, ...]:
    """Returns the models of a config.

    Raises:
        InvalidArgumentError: A model is listed twice, or its path, platform or request log is not
            valid.
    """
    models = tuple(config.model_config_list.config)
    _check_unique(model.name for model in models)
    for model in models:
        _check_absolute(model.name, model.base_path)
    return tuple(_read_model(model) for model in models)


def check_platforms_stay(old: Iterable[ModelSettings], new: Iterable[ModelSettings]) -> None:
    """Checks that no model changes its platform.

    Raises:
        InvalidArgumentError: One does.
    """
    platforms = {model.name: model.platform for model in old}
    for model in new:
        before = platforms.get(model.name, model.platform)
        if before != model.platform:
            raise InvalidArgumentError(
                f"Illegal to change a model's platform. For model {model.name} platform was "
                f"{before} and new platform requested is {model.platform}"
            )


def check_platforms_known(models: Iterable[ModelSettings]) -> None:
    """Checks that this server can serve the models.

    Raises:
        InvalidArgumentError: One wants another platform.
    """
    for model in models:
        if model.platform != PLATFORM:
            raise InvalidArgumentError(
                f"Model {model.name} requests unsupported platform {model.platform}"
            )


def _check_unique(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidArgumentError(
                f"Illegal to list model {name} multiple times in config list"
            )
        seen.add(name)


def _check_absolute(name: str, base_path: str) -> None:
    if not (_URI.fullmatch(base_path) or PurePosixPath(base_path).is_absolute()):
        raise InvalidArgumentError(
            f"Expected model {name} to have an absolute path or URI; got base_path()={base_path}"
        )


def _read_model(model: Any) -> ModelSettings:
    return ModelSettings(
        name=model.name,
        base_path=model.base_path,
        platform=_read_platform(model),
        policy=_read_policy(model.model_version_policy),
        labels=dict(model.version_labels),
        request_log=read_log_settings(model),
    )


def _read_platform(model: Any) -> str:
    if model.model_type:
        if model.model_platform:
            raise InvalidArgumentError(
                "Illegal setting both ModelServerConfig::model_type (deprecated) and "
                f"ModelServerConfig::model_platform, model name is {model.name}"
            )
        if model.model_type != _DEPRECATED_TENSORFLOW:
            raise InvalidArgumentError(
                f"ModelServerConfig::model_type choice {model.model_type} not supported."
            )
        return PLATFORM
    if not model.model_platform:
        raise InvalidArgumentError(
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            f"ModelServerConfig::model_platform, model name is {model.name}"
        )
    return str(model.model_platform)


def _read_policy(policy: Any) -> VersionPolicy:
    kind = policy.WhichOneof("policy_choice")
    if kind == "all":
        return All()
    if kind == "specific":
        return Specific(frozenset(policy.specific.versions))
    return Latest(policy.latest.num_versions or 1)
