"""One loaded version of a model: the only place that runs TensorFlow.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

from serving.dtypes import dtype_name
from serving.errors import Code, ServingError
from serving.server.runtime import OpError, Runtime
from serving.signature import Signature, TensorSpec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

SERVE_TAG = "serve"


class ServableModel:
    """A SavedModel in memory.

    Attributes:
        signatures: The signatures that can be called, by name.
        signature_defs: All signatures as they are stored, for the metadata calls.
    """

    def __init__(self, path: Path) -> None:
        """Loads a version folder.

        Raises:
            ServingError: The folder holds no SavedModel with the tag "serve".
            Exception: Whatever TensorFlow raises for a broken model.
        """
        self.signature_defs: Mapping[str, meta_graph_pb2.SignatureDef] = _read_signature_defs(path)
        self.signatures = {
            name: _to_signature(name, definition)
            for name, definition in self.signature_defs.items()
            if not name.startswith("__")  # TensorFlow's own: the graph's initialization
        }
        self._runtime = Runtime(path, [SERVE_TAG])
        self._functions = {
            name: self._runtime.function(
                [spec.tensor_name for spec in signature.inputs.values()],
                [spec.tensor_name for spec in signature.outputs.values()],
            )
            for name, signature in self.signatures.items()
        }

    def run(
        self, signature: Signature, inputs: Mapping[str, np.ndarray[Any, Any]]
    ) -> dict[str, np.ndarray[Any, Any]]:
        """Calls a signature.

        Args:
            signature: One of `signatures`.
            inputs: One array for each input alias.

        Returns:
            One array for each output alias; strings are arrays of `bytes` objects.

        Raises:
            ServingError: The model refused the inputs or failed.
        """
        try:
            outputs = self._functions[signature.name](*(inputs[a] for a in signature.inputs))
            return dict(zip(signature.outputs, outputs, strict=True))
        except OpError as error:
            raise ServingError.of(Code.from_number(error.error_code), error.message) from error
        except (TypeError, ValueError) as error:
            # TensorFlow's way to say that a shape or a type does not fit the function.
            raise ServingError.of(Code.INVALID_ARGUMENT, str(error)) from error

    def close(self) -> None:
        """Frees the model's memory. Nothing may be running."""
        self._functions.clear()
        self._runtime.close()


def _read_signature_defs(path: Path) -> dict[str, meta_graph_pb2.SignatureDef]:
    file = path / "saved_model.pb"
    if not file.is_file():
        raise ServingError.of(Code.NOT_FOUND, f"Could not find SavedModel .pb at: {path}")
    saved_model = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    for meta_graph in saved_model.meta_graphs:
        if set(meta_graph.meta_info_def.tags) == {SERVE_TAG}:
            return dict(meta_graph.signature_def)
    raise ServingError.of(
        Code.NOT_FOUND,
        f"Could not find meta graph def matching supplied tags: {{ {SERVE_TAG} }} in {path}",
    )


def _to_signature(name: str, definition: meta_graph_pb2.SignatureDef) -> Signature:
    return Signature(
        name=name,
        inputs=_to_specs(definition.inputs),
        outputs=_to_specs(definition.outputs),
        method_name=definition.method_name,
    )


def _to_specs(infos: Mapping[str, meta_graph_pb2.TensorInfo]) -> dict[str, TensorSpec]:
    # Sorted: a protobuf map has another order in every process.
    return {alias: _to_spec(alias, infos[alias]) for alias in sorted(infos)}


def _to_spec(alias: str, info: meta_graph_pb2.TensorInfo) -> TensorSpec:
    shape = info.tensor_shape
    sizes = None if shape.unknown_rank else tuple(int(dim.size) for dim in shape.dim)
    return TensorSpec(alias, dtype_name(info.dtype), sizes, info.name)
