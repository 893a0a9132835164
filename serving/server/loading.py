"""Makes what loads a version folder, from the flags.

TensorFlow is imported with the first load: until then the server starts, and stops, at once.
"""

from __future__ import annotations

import functools
import gc
import logging
import os
import threading
from typing import TYPE_CHECKING

from serving.server.batching import Batching
from serving.server.deadlines import Limits
from serving.server.mlmd import show_uuid
from serving.server.record_files import Rotation
from serving.server.request_log import Exchange, RequestLogOptions, RequestLogs
from serving.server.text_config import read_text_message
from serving.server.tflite_loading import TfliteLoader
from serving.server.versions import parse_version

if TYPE_CHECKING:
    from pathlib import Path

    from serving.server.flags import ServerFlags
    from serving.server.inference import Inference
    from serving.server.metrics import ServerMetrics
    from serving.server.model_service import Servable
    from serving.server.servable import LoadOptions

_import_lock = threading.Lock()


class Loader:
    """Loads version folders and warms them up.

    Args:
        flags: The command line.
        metrics: Where it is noted how long warm-ups take, and what is batched.

    Raises:
        ServingError: The batching parameters are not valid.
    """

    def __init__(self, flags: ServerFlags, metrics: ServerMetrics) -> None:
        self._flags = flags
        self._metrics = metrics
        self._batching = Batching.from_flags(flags, metrics)
        self._tflite = TfliteLoader.from_flags(flags)

    def prepare(self) -> None:
        """Imports TensorFlow and reads what the flags refer to.

        Raises:
            ServingError: The session's configuration file is not valid.
        """
        self._options()

    def load(self, model: str, folder: Path) -> Servable:
        """Loads a version folder of a model.

        Raises:
            Exception: Whatever is wrong with it.
        """
        options = self._options()
        from serving.server.warmup import WarmUp

        servable = self._load(folder, options)
        try:
            show_uuid(self._metrics.mlmd_map, model, parse_version(folder.name) or 0, folder)
            if self._batching is not None:
                servable = self._batching.wrap(servable, folder)
            if self._flags.enable_model_warmup:
                iterations = max(self._flags.num_request_iterations_for_warmup, 1)
                inference = make_inference(self._flags, self._metrics)
                WarmUp(inference, iterations).run(servable, folder)
        except BaseException:
            servable.close()
            raise
        return servable

    def _load(self, folder: Path, options: LoadOptions) -> Servable:
        if self._tflite is not None:
            model = self._tflite.load(folder)
            if model is not None:
                return model
        from serving.server.servable import ServableModel

        return ServableModel(folder, options)

    def _options(self) -> LoadOptions:
        # Several models are loaded at the same time, and Python's imports are not made for that.
        with _import_lock:
            _import_tensorflow()
            return _read_options(self._flags)


def make_inference(flags: ServerFlags, metrics: ServerMetrics) -> Inference:
    """Returns the inference calls as the flags want them. Imports TensorFlow."""
    from serving.server.inference import Inference

    return Inference(
        check_method_names=flags.enable_signature_method_name_check,
        as_tensor_content=flags.enable_serialization_as_tensor_content,
        most_elements=flags.max_tensor_elements,
        metrics=metrics,
    )


def make_request_logs(flags: ServerFlags, metrics: ServerMetrics) -> RequestLogs:
    """Returns the request logs as the flags want them; there is none until a model asks for one."""
    redacted = tuple(filter(None, flags.request_log_redacted_features.split(",")))

    def encode(exchange: Exchange, sampling_rate: float) -> bytes:
        # Called after the first load: TensorFlow is in memory.
        from serving.server.prediction_logs import encode

        return encode(exchange, sampling_rate, redacted)

    rotation = Rotation(
        flags.request_log_max_bytes, flags.request_log_max_seconds, flags.request_log_max_records
    )
    options = RequestLogOptions(rotation, flags.request_log_buffer_bytes, encode)
    return RequestLogs(options, metrics.request_log_count)


@functools.cache
def _import_tensorflow() -> None:
    # Where all of TensorFlow has to be imported, it imports Keras 3 as well, unless it is told that
    # the old one is meant: a second of start-up and 60 MB for what a SavedModel never needs.
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    import serving.server.servable  # noqa: F401 - for what it imports

    # TensorFlow advises against what the fastest path is made of.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    # What stays for ever need not be looked at by each collection of garbage.
    gc.freeze()


def _read_options(flags: ServerFlags) -> LoadOptions:
    from tensorflow.core.protobuf import config_pb2

    from serving.server.runtime import session_options
    from serving.server.servable import LoadOptions

    file = flags.tensorflow_session_config_file
    session = read_text_message(file, config_pb2.ConfigProto()) if file else session_options()
    both = flags.tensorflow_session_parallelism
    separate = (flags.tensorflow_intra_op_parallelism, flags.tensorflow_inter_op_parallelism)
    intra, inter = separate if max(separate) > 0 else (both, both)
    session.intra_op_parallelism_threads = intra
    session.inter_op_parallelism_threads = inter
    session.gpu_options.per_process_gpu_memory_fraction = flags.per_process_gpu_memory_fraction
    tags = tuple(flags.saved_model_tags.split(","))
    return LoadOptions(tags, session, Limits(flags.rest_api_timeout_in_ms))
