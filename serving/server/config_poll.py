"""Reads the model config file, again and again where that is wanted."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from tensorflow_serving.config import model_server_config_pb2

from serving.server.text_config import read_text_message

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


def read_model_config(path: str) -> model_server_config_pb2.ModelServerConfig:
    """Returns the model config in a file.

    Raises:
        ServingError: The file cannot be read, or holds something else.
    """
    config = read_text_message(path, model_server_config_pb2.ModelServerConfig())
    assert isinstance(config, model_server_config_pb2.ModelServerConfig)
    return config


class ConfigPoll:
    """Applies the model config file every few seconds, in a thread of its own.

    A file that cannot be read or applied is logged, and the models stay as they are.

    Args:
        path: The file.
        apply: Makes a config the valid one.
        wait_s: Seconds between two looks.
    """

    def __init__(
        self,
        path: str,
        apply: Callable[[model_server_config_pb2.ModelServerConfig], None],
        wait_s: float,
    ) -> None:
        self._path = path
        self._apply = apply
        self._wait_s = wait_s
        self._thread = threading.Thread(target=self._run, name="config-poll", daemon=True)
        self._stopping = threading.Event()

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def poll(self) -> None:
        """Reads and applies the file once."""
        try:
            self._apply(read_model_config(self._path))
        except Exception as error:  # noqa: BLE001 - whatever is in the file, the server goes on
            _log.error("cannot apply %s: %s", self._path, error)

    def stop(self) -> None:
        """Looks at the file no more; what is being applied is applied."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.wait(self._wait_s):
            self.poll()
