"""Calls a TensorFlow Lite model: arrays in, arrays out.

Importing this module imports the parts of TensorFlow that it names.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from tensorflow.lite.python.interpreter import Interpreter

from serving.dtypes import STRING, dtype_of
from serving.errors import Code, InvalidArgumentError, ServingError
from serving.server.tflite_signatures import TfliteTensor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Array = np.ndarray[Any, Any]

# TensorFlow Serving knows these. What it refuses must not seem to be fit for it here.
_TYPES = frozenset(
    {"float", "int32", "uint8", "int64", STRING, "bool", "int16", "complex64", "int8"}
)
# It is said for each interpreter, to people who can do nothing about it.
warnings.filterwarnings("ignore", r"\s*Warning: tf\.lite\.Interpreter is deprecated", UserWarning)


class TfliteInterpreter:
    """A model in memory with room for one call at a time.

    Args:
        content: The model. It is kept, and interpreters of the same one share it.

    Attributes:
        inputs: The inputs, by tensor name.
        outputs: The outputs, by tensor name.

    Raises:
        ServingError: It is no model, or one that this interpreter cannot run.
    """

    def __init__(self, content: bytes) -> None:
        self._interpreter = _build(content)
        self.inputs = _tensors(self._interpreter.get_input_details(), "Input")
        self.outputs = _tensors(self._interpreter.get_output_details(), "Output")
        self._shapes: dict[int, tuple[int, ...]] = {}
        # Half of what may be wrong with a model shows only now.
        self._resize({})

    def run(self, inputs: Mapping[str, Array], outputs: Sequence[str]) -> list[Array]:
        """Calls the model.

        Args:
            inputs: Arrays, by tensor name. Inputs may have any shape with which the model works.
            outputs: The names of the tensors that are wanted.

        Returns:
            One array for each of them; strings are arrays of `bytes` objects.

        Raises:
            ServingError: INTERNAL when the model cannot be called with these shapes, or failed;
                INVALID_ARGUMENT when a type does not fit.
        """
        arrays = {self.inputs[name].index: array for name, array in inputs.items()}
        shapes = {index: array.shape for index, array in arrays.items()}
        if any(self._shapes.get(index) != shape for index, shape in shapes.items()):
            self._resize(shapes)
        try:
            for index, array in arrays.items():
                self._interpreter.set_tensor(index, array)
        except ValueError as error:
            raise InvalidArgumentError(str(error)) from error
        try:
            self._interpreter.invoke()
        except RuntimeError as error:
            raise ServingError.of(
                Code.INTERNAL, f"Failed to invoke TfLite interpreter: {error}"
            ) from error
        return [self._interpreter.get_tensor(self.outputs[name].index) for name in outputs]

    def _resize(self, shapes: Mapping[int, tuple[int, ...]]) -> None:
        # After a failure nothing is known, and the next call has to start anew.
        known, self._shapes = self._shapes, {}
        try:
            for index, shape in shapes.items():
                self._interpreter.resize_tensor_input(index, shape)
            self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError, OverflowError) as error:
            raise ServingError.of(Code.INTERNAL, f"Failed to allocate tensors: {error}") from error
        self._shapes = {**known, **shapes}


def _build(content: bytes) -> Any:
    if not content:
        raise InvalidArgumentError("Cannot build FlatBufferModel from buffer: it is empty")
    try:
        # Requests run side by side in interpreters of their own.
        return Interpreter(model_content=content, num_threads=1)
    except ValueError as error:
        raise InvalidArgumentError(f"Cannot build FlatBufferModel from buffer: {error}") from error


def _tensors(details: Iterable[Mapping[str, Any]], kind: str) -> dict[str, TfliteTensor]:
    tensors: dict[str, TfliteTensor] = {}
    for detail in details:
        tensor = _tensor(detail)
        if tensor.name in tensors:
            raise ServingError.of(
                Code.ALREADY_EXISTS, f"{kind} tensor name: {tensor.name} has multiple indices"
            )
        tensors[tensor.name] = tensor
    return tensors


def _tensor(detail: Mapping[str, Any]) -> TfliteTensor:
    is_text = issubclass(detail["dtype"], np.bytes_)
    dtype = STRING if is_text else dtype_of(np.empty(0, detail["dtype"]))
    if dtype not in _TYPES:
        raise ServingError.of(Code.INTERNAL, f"Unknown TfLite type: {dtype}")
    return TfliteTensor(
        detail["name"], int(detail["index"]), dtype, tuple(map(int, detail["shape"]))
    )
