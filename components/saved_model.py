"""A SavedModel's signatures, read without loading the model and without TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERVE = "serve"


class Tensor(NamedTuple):
    """What a signature takes or gives.

    Attributes:
        dtype: TensorFlow's name of the type: `float`, `int64`, `string`.
        shape: Sizes, -1 where any goes, as for the batch in front; None when the rank is unknown.
    """

    dtype: str
    shape: tuple[int, ...] | None


class Signature(NamedTuple):
    """A signature's tensors by name."""

    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]


def read_signatures(path: str) -> dict[str, Signature]:
    """Returns the signatures by name; none if there is no SavedModel to read.

    Args:
        path: Folder of the SavedModel, a path or URI.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2
    from tfx.dsl.io import fileio

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
        name: Signature(_tensors(signature.inputs), _tensors(signature.outputs))
        for graph in graphs[:1]
        for name, signature in graph.signature_def.items()
    }


def _tensors(infos: Mapping[str, Any]) -> dict[str, Tensor]:
    return {name: _tensor(info) for name, info in infos.items()}


def _tensor(info: Any) -> Tensor:
    from tensorflow.core.framework import types_pb2

    dtype = types_pb2.DataType.Name(info.dtype).removeprefix("DT_").lower()
    if info.tensor_shape.unknown_rank:
        return Tensor(dtype, None)
    return Tensor(dtype, tuple(size.size for size in info.tensor_shape.dim))
