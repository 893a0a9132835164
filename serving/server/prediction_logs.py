"""Makes `PredictionLog` records of exchanges. Importing this module imports TensorFlow."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message
from tensorflow.core.example import example_pb2
from tensorflow_serving.apis import prediction_log_pb2

from serving.server.example_messages import fill_classes, fill_regressions
from serving.server.redaction import Redaction
from serving.server.tensor_proto import fill_proto

if TYPE_CHECKING:
    from serving.server.request_log import Exchange


def encode(exchange: Exchange, sampling_rate: float, redacted: tuple[str, ...] = ()) -> bytes:
    """Returns a serialized `PredictionLog`.

    Args:
        exchange: What is logged.
        sampling_rate: The share of requests that is logged.
        redacted: The features whose values are blanked.
    """
    log = prediction_log_pb2.PredictionLog()
    log.log_metadata.timestamp_secs = int(time.time())
    log.log_metadata.sampling_config.sampling_rate = sampling_rate
    _fill_spec(log.log_metadata.model_spec, exchange, with_version=True)
    entry = getattr(log, f"{exchange.call}_log")
    if isinstance(exchange.request, Message):
        entry.request.CopyFrom(exchange.request)
        entry.response.CopyFrom(exchange.response)
    else:
        _fill(entry, exchange)
    if redacted:
        _redact(entry, exchange.call, Redaction(redacted, example_pb2.SequenceExample))
    return bytes(log.SerializeToString())


def _fill(entry: Any, exchange: Exchange) -> None:
    """Writes what REST was asked, and has answered, as the messages that gRPC would have used."""
    _fill_spec(entry.request.model_spec, exchange, with_version=False)
    _fill_spec(entry.response.model_spec, exchange, with_version=True)
    if exchange.call == "predict":
        for message, arrays in (
            (entry.request.inputs, exchange.request),
            (entry.response.outputs, exchange.response),
        ):
            for alias, array in arrays.items():
                fill_proto(message[alias], array, as_content=True)
        return
    for example in exchange.request:
        entry.request.input.example_list.examples.add().ParseFromString(example)
    fill = fill_classes if exchange.call == "classify" else fill_regressions
    fill(entry.response.result, exchange.response)


def _fill_spec(spec: Any, exchange: Exchange, *, with_version: bool) -> None:
    spec.name = exchange.model
    spec.signature_name = exchange.signature
    if with_version:
        spec.version.value = exchange.version


def _redact(entry: Any, call: str, redaction: Redaction) -> None:
    if call == "predict":
        redaction.tensors(entry.request.inputs)
        redaction.tensors(entry.response.outputs)
    else:
        redaction.examples(entry.request.input)
