"""Classify and regress: calls that take tf.Examples. Free of transports and TensorFlow.

Both feed one tensor of serialized examples to a signature and expect outputs of a fixed form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.dtypes import STRING, dtype_of
from serving.errors import InvalidArgumentError
from serving.signature import (
    CLASSIFY_METHOD,
    DEFAULT_SIGNATURE,
    REGRESS_METHOD,
    Signature,
    shape_text,
)

if TYPE_CHECKING:
    from serving.server.model_service import Servable

Array = np.ndarray[Any, Any]
INPUTS = "inputs"
CLASSES, SCORES, OUTPUTS = "classes", "scores", "outputs"


@dataclass(frozen=True)
class Classes:
    """What a classification found: shape (examples, classes) each.

    Attributes:
        labels: The classes' names, bytes objects; empty ones when the model gives none.
        scores: float32; zeros when the model gives none.
    """

    labels: Array
    scores: Array


@dataclass(frozen=True)
class ExampleCalls:
    """Calls with tf.Examples.

    Attributes:
        check_method_names: Whether a signature must have been made for the call by its method name.
    """

    check_method_names: bool = False

    def classify(
        self, servable: Servable, name: str, examples: Array, timeout_s: float | None = None
    ) -> Classes:
        """Classifies serialized examples with the signature `name` ("" is the default one).

        Raises:
            ServingError: The signature is not one of classification, or the model failed.
        """
        signature = find_signature(servable, name)
        self.check_classify(servable, signature)
        _check_examples(examples)
        outputs = servable.run(signature, {INPUTS: examples}, timeout_s=timeout_s)
        return to_classes(outputs, len(examples))

    def regress(
        self, servable: Servable, name: str, examples: Array, timeout_s: float | None = None
    ) -> Array:
        """Returns one float32 for each serialized example, from the signature `name`.

        Raises:
            ServingError: The signature is not one of regression, or the model failed.
        """
        signature = find_signature(servable, name)
        self.check_regress(servable, signature)
        _check_examples(examples)
        outputs = servable.run(signature, {INPUTS: examples}, timeout_s=timeout_s)
        return to_regressions(outputs[OUTPUTS], len(examples))

    def check_classify(self, servable: Servable, signature: Signature) -> None:
        """Refuses a signature that is not one of classification."""
        self._check_method("classification", CLASSIFY_METHOD, signature)
        _check_single_input(signature)
        found = len(signature.outputs)
        if found not in (1, 2):
            raise InvalidArgumentError(f"Expected one or two output Tensors, found {found}")
        definition = servable.signature_defs[signature.name]
        if INPUTS not in signature.inputs:
            raise InvalidArgumentError(
                f"No classification inputs found in SignatureDef: {definition}"
            )
        if not signature.outputs.keys() & {CLASSES, SCORES}:
            raise InvalidArgumentError(
                "Expected classification signature outputs to contain at least one of "
                f'"{CLASSES}" or "{SCORES}". Signature was: {definition}'
            )

    def check_regress(self, servable: Servable, signature: Signature) -> None:
        """Refuses a signature that is not one of regression."""
        self._check_method("regression", REGRESS_METHOD, signature)
        _check_single_input(signature)
        if len(signature.outputs) != 1:
            raise InvalidArgumentError("Expected one output Tensor.")
        definition = servable.signature_defs[signature.name]
        if INPUTS not in signature.inputs:
            raise InvalidArgumentError(f"No regression inputs found in SignatureDef: {definition}")
        if OUTPUTS not in signature.outputs:
            raise InvalidArgumentError(f"No regression outputs found in SignatureDef: {definition}")

    def _check_method(self, kind: str, wanted: str, signature: Signature) -> None:
        if self.check_method_names and signature.method_name != wanted:
            raise InvalidArgumentError(
                f"Expected {kind} signature method_name to be {wanted}. "
                f"Was: {signature.method_name}"
            )


def find_signature(servable: Servable, name: str) -> Signature:
    """Returns a signature by name; "" is the default one.

    Raises:
        InvalidArgumentError: There is no such signature.
    """
    wanted = name or DEFAULT_SIGNATURE
    signature = servable.signatures.get(wanted)
    if signature is None:
        raise InvalidArgumentError(f"No signature was found with the name: {wanted}")
    return signature


def to_classes(outputs: dict[str, Array], count: int) -> Classes:
    """Checks the outputs of a classification and brings them into their form.

    Args:
        outputs: "classes", "scores" or both.
        count: How many examples were sent.

    Raises:
        InvalidArgumentError: They have another shape or type.
    """
    labels, scores = outputs.get(CLASSES), outputs.get(SCORES)
    for name, array, dtype in ((CLASSES, labels, STRING), (SCORES, scores, "float")):
        if array is not None:
            _check_matrix(name, array, dtype, count)
    if labels is not None and scores is not None and labels.shape != scores.shape:
        raise InvalidArgumentError(
            "Tensors class and score should match in dim_size(1). Got "
            f"{labels.shape[1]} vs. {scores.shape[1]}"
        )
    shape = labels.shape if labels is not None else _shape_of(scores, count)
    return Classes(
        labels=np.full(shape, b"", dtype=object) if labels is None else labels,
        scores=np.zeros(shape, dtype=np.float32) if scores is None else scores,
    )


def to_regressions(array: Array, count: int) -> Array:
    """Checks the output of a regression and flattens it.

    Raises:
        InvalidArgumentError: It has another shape or type.
    """
    if not (array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1)):  # noqa: PLR2004
        raise InvalidArgumentError(
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got "
            f"{shape_text(array.shape)}"
        )
    if len(array) != count:
        raise InvalidArgumentError(
            f"Input batch size did not match output batch size: {count} vs. {len(array)}"
        )
    if dtype_of(array) != "float":
        raise InvalidArgumentError(
            f"Expected output Tensor of DT_FLOAT.  Got: {_dtype_text(array)}"
        )
    return array.reshape(-1)


def _check_single_input(signature: Signature) -> None:
    if len(signature.inputs) != 1:
        raise InvalidArgumentError("Expected one input Tensor.")


def _check_examples(examples: Array) -> None:
    if len(examples) == 0:
        raise InvalidArgumentError("Input is empty.")


def _check_matrix(name: str, array: Array, dtype: str, count: int) -> None:
    if array.ndim != 2:  # noqa: PLR2004 - a matrix
        raise InvalidArgumentError(
            f"Expected Tensor shape: [batch_size num_classes] but got {shape_text(array.shape)}"
        )
    if dtype_of(array) != dtype:
        raise InvalidArgumentError(
            f"Expected {name} Tensor of DT_{dtype.upper()}. Got: {_dtype_text(array)}"
        )
    if len(array) != count:
        raise InvalidArgumentError(
            f"Expected {name} output batch size of {count}. Got: {len(array)}"
        )


def _shape_of(array: Array | None, count: int) -> tuple[int, ...]:
    return (count, 0) if array is None else array.shape


def _dtype_text(array: Array) -> str:
    return f"DT_{dtype_of(array).upper()}"
