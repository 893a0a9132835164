"""The signatures of a TensorFlow Lite model, as TensorFlow Serving finds them.

They stand in the model's metadata, where TensorFlow Lite's own list of signatures knows nothing of
them; a model without that entry gets one signature, made of its tensors.

Importing this module imports the parts of TensorFlow that it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flatbuffers import flexbuffers
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow.lite.python import schema_py_generated as schema

from serving.dtypes import dtype_number
from serving.errors import Code, InvalidArgumentError, ServingError
from serving.signature import DEFAULT_SIGNATURE, PREDICT_METHOD

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    SignatureDefs = dict[str, meta_graph_pb2.SignatureDef]

_ENTRY = b"signature_defs_metadata"


@dataclass(frozen=True)
class TfliteTensor:
    """An input or output of a TensorFlow Lite model.

    Attributes:
        name: Its name.
        index: Its number among the model's tensors.
        dtype: TensorFlow's name of its type.
        shape: Its sizes as the model was saved, 1 where any size goes.
    """

    name: str
    index: int
    dtype: str
    shape: tuple[int, ...]


def find_signatures(
    content: bytes, inputs: Mapping[str, TfliteTensor], outputs: Mapping[str, TfliteTensor]
) -> SignatureDefs:
    """Returns the signatures of a model, by name.

    Args:
        content: The model, which is known to be a valid one.
        inputs: Its inputs, by tensor name.
        outputs: Its outputs, by tensor name.

    Raises:
        ServingError: INVALID_ARGUMENT when the entry cannot be read, INTERNAL when a signature
            names a tensor that is none of these.
    """
    stored = _read_stored(content)
    if not stored:
        return {DEFAULT_SIGNATURE: _of_tensors(inputs, outputs)}
    for definition in stored.values():
        _correct_names(definition.inputs, "input", inputs)
        _correct_names(definition.outputs, "output", outputs)
    return stored


def _read_stored(content: bytes) -> SignatureDefs:
    model = schema.Model.GetRootAs(content, 0)
    entries = map(model.Metadata, range(model.MetadataLength()))
    entry = next((entry for entry in entries if entry.Name() == _ENTRY), None)
    if entry is None:
        return {}
    try:
        stored = flexbuffers.GetRoot(bytes(model.Buffers(entry.Buffer()).DataAsNumpy())).AsMap
        return {
            key.AsKey: meta_graph_pb2.SignatureDef.FromString(bytes(value.AsStringBytes))
            for key, value in zip(stored.Keys, stored.Values, strict=True)
        }
    except Exception as error:  # bytes that are something else fail in any way
        raise InvalidArgumentError(
            f"Invalid SignatureDefs found in TfLite model: {error}"
        ) from error


def _of_tensors(
    inputs: Mapping[str, TfliteTensor], outputs: Mapping[str, TfliteTensor]
) -> meta_graph_pb2.SignatureDef:
    definition = meta_graph_pb2.SignatureDef(method_name=PREDICT_METHOD)
    for infos, tensors in ((definition.inputs, inputs), (definition.outputs, outputs)):
        # Of tensors that differ in what follows the colon the last one stays, by name.
        for name in sorted(tensors):
            infos[_without_suffix(name)].CopyFrom(_info(tensors[name]))
    return definition


def _info(tensor: TfliteTensor) -> meta_graph_pb2.TensorInfo:
    info = meta_graph_pb2.TensorInfo(name=tensor.name, dtype=dtype_number(tensor.dtype))
    # A shape without dimensions must be there too: it means a scalar.
    info.tensor_shape.SetInParent()
    for size in tensor.shape:
        info.tensor_shape.dim.add(size=size)
    return info


def _correct_names(
    infos: Mapping[str, meta_graph_pb2.TensorInfo], kind: str, names: Collection[str]
) -> None:
    """Writes the model's own tensor names into a signature: old converters cut the ":0" off."""
    for alias, info in infos.items():
        if info.name not in names:
            short = _without_suffix(info.name)
            if short not in names:
                raise ServingError.of(
                    Code.INTERNAL,
                    f"Unknown tensor '{info.name}'.\n\tSignature {kind} {alias} references an "
                    "unknown tensor",
                )
            info.name = short


def _without_suffix(name: str) -> str:
    return name.partition(":")[0]
