"""A SavedModel's signatures, read without loading the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2
from tfx.dsl.io import fileio

from components.evaluator.interface import Output

if TYPE_CHECKING:
    from components.evaluator.interface import Signatures

_SERVE = "serve"


def read_signatures(path: str) -> Signatures:
    """Returns the outputs of each signature; none if there is no SavedModel to read.

    Args:
        path: Folder of the SavedModel, a path or URI.
    """
    file_path = f"{path}/saved_model.pb"
    if not fileio.exists(file_path):
        return {}
    model = saved_model_pb2.SavedModel()
    try:
        with fileio.open(file_path, "rb") as file:
            model.ParseFromString(file.read())
    except DecodeError:
        return {}
    graphs = [graph for graph in model.meta_graphs if _SERVE in graph.meta_info_def.tags]
    return {
        name: {alias: _output(info) for alias, info in signature.outputs.items()}
        for graph in graphs[:1]
        for name, signature in graph.signature_def.items()
    }


def _output(info: Any) -> Output:
    dtype = types_pb2.DataType.Name(info.dtype).removeprefix("DT_").lower()
    if info.tensor_shape.unknown_rank:
        return Output(dtype, None)
    return Output(dtype, tuple(size.size for size in info.tensor_shape.dim))
