"""A SavedModel's signatures, read without loading the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.infra_validator.rows import RowInput

if TYPE_CHECKING:
    from pathlib import Path

_SERVE = "serve"


def read_signatures(saved_model: Path) -> dict[str, tuple[RowInput, ...]]:
    """Returns the inputs of each signature.

    Args:
        saved_model: Folder of the SavedModel.

    Returns:
        Inputs by name of the signature. Empty when the file cannot be read as a SavedModel: that
        the model does not load is for the server to say.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel()
    try:
        model.ParseFromString((saved_model / "saved_model.pb").read_bytes())
    except (DecodeError, FileNotFoundError):
        return {}
    graphs = [graph for graph in model.meta_graphs if _SERVE in graph.meta_info_def.tags]
    return {
        name: tuple(_row_input(alias, info) for alias, info in signature.inputs.items())
        for graph in graphs[:1]
        for name, signature in graph.signature_def.items()
    }


def _row_input(alias: str, info: Any) -> RowInput:
    from tensorflow.core.framework import types_pb2

    dtype = types_pb2.DataType.Name(info.dtype).removeprefix("DT_").lower()
    return RowInput(alias, dtype, tuple(size.size for size in info.tensor_shape.dim))
