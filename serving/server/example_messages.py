"""Converts between arrays and the messages of Classify and Regress. Free of TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from serving.errors import InvalidArgumentError

if TYPE_CHECKING:
    from serving.server.example_calls import Classes


def serialized_examples(sent: Any) -> np.ndarray[Any, Any]:
    """Returns the examples of an `Input` message as an array of bytes objects.

    A context stands before each example: read as one message, the example's features win.
    """
    kind = sent.WhichOneof("kind")
    if kind == "example_list_with_context":
        context = sent.example_list_with_context.context.SerializeToString()
        examples = [
            context + example.SerializeToString()
            for example in sent.example_list_with_context.examples
        ]
    else:
        examples = [example.SerializeToString() for example in sent.example_list.examples]
    array = np.empty(len(examples), dtype=object)
    array[:] = examples
    return array


def fill_classes(result: Any, classes: Classes) -> None:
    """Writes classes into an empty `ClassificationResult`.

    Raises:
        InvalidArgumentError: A label is not UTF-8.
    """
    for labels, scores in zip(classes.labels, classes.scores.tolist(), strict=True):
        found = result.classifications.add()
        for label, score in zip(labels, scores, strict=True):
            found.classes.add(label=_to_text(label), score=score)


def fill_regressions(result: Any, values: np.ndarray[Any, Any]) -> None:
    """Writes values into an empty `RegressionResult`."""
    for value in values.tolist():
        result.regressions.add(value=value)


def _to_text(label: bytes) -> str:
    try:
        return label.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidArgumentError(f"A class label is not UTF-8: {label!r}") from error
