"""Replays the requests that a version brings along, before it is served.

The file is `assets.extra/tf_serving_warmup_requests` in the version folder: TFRecord of
`PredictionLog`. Importing this module imports TensorFlow.
"""

from __future__ import annotations

import contextlib
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError
from tensorflow_serving.apis import prediction_log_pb2

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.server.runtime import OpError, read_records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from serving.server.inference import Inference
    from serving.server.model_service import Servable

_FILE = ("assets.extra", "tf_serving_warmup_requests")
_MOST_RECORDS = 1000
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Unpublished:
    servable: Servable
    version: int = 0


@dataclass
class _Done:
    records: int = 0


@dataclass(frozen=True)
class WarmUp:
    """How versions are warmed up.

    Attributes:
        inference: Answers the requests, as it will once the version is served.
        iterations: How often each request is replayed.
    """

    inference: Inference
    iterations: int = 1

    def run(self, servable: Servable, folder: Path) -> None:
        """Replays the warm-up file of a version folder; a folder without one is warm enough.

        Raises:
            ServingError: The file is not one of at most 1000 requests, or a request failed.
        """
        file = folder.joinpath(*_FILE)
        if not file.is_file():
            return
        with self._measured(str(folder)) as done:
            for record in _records(file):
                log = _parse(record, file)
                for _ in range(self.iterations):
                    self._replay(_Unpublished(servable), log)
                done.records += 1
                if done.records > _MOST_RECORDS:
                    raise InvalidArgumentError(
                        f"Number of warmup records exceeds the maximum ({_MOST_RECORDS}) at {file}"
                    )
        _log.info("replayed %d warm-up requests of %s", done.records, file)

    @contextlib.contextmanager
    def _measured(self, folder: str) -> Iterator[_Done]:
        """Notes how long the warm-up that runs inside took, what came of it, and what it did."""
        done, started, code = _Done(), time.perf_counter(), Code.OK
        try:
            yield done
        except Exception as error:
            code = error.code if isinstance(error, ServingError) else Code.UNKNOWN
            raise
        finally:
            metrics, took_us = self.inference.metrics, (time.perf_counter() - started) * 1e6
            metrics.warmup_latency.add(took_us, folder, code.name)
            metrics.warmup_records_read.add(folder, code.name, by=done.records)

    def _replay(self, model: _Unpublished, log: prediction_log_pb2.PredictionLog) -> None:
        kind = log.WhichOneof("log_type")
        if kind == "predict_log":
            self.inference.predict(model, log.predict_log.request)
        elif kind == "classify_log":
            self.inference.classify(model, log.classify_log.request)
        elif kind == "regress_log":
            self.inference.regress(model, log.regress_log.request)
        elif kind == "multi_inference_log":
            self.inference.multi_inference(model, log.multi_inference_log.request)
        elif kind is not None:
            number = log.DESCRIPTOR.fields_by_name[kind].number
            raise ServingError.of(Code.UNIMPLEMENTED, f"Unsupported log_type for warmup: {number}")


def _records(file: Path) -> Iterator[bytes]:
    try:
        yield from read_records(file)
    except OpError as error:
        if error.error_code != Code.DATA_LOSS.number:
            raise
        raise ServingError.of(
            Code.DATA_LOSS,
            f"{error.message}. Please verify your warmup data is in TFRecord format.",
        ) from error


def _parse(record: bytes, file: Path) -> prediction_log_pb2.PredictionLog:
    try:
        return prediction_log_pb2.PredictionLog.FromString(record)
    except DecodeError as error:
        raise InvalidArgumentError(f"Failed to parse warmup record: {record!r} from {file}") from (
            error
        )
