"""Blanks named features in the messages of a request log.

Values become 0, 0.0, false or empty, as many as there were: what is redacted is still a request
that the model answers, so the log stays a valid warm-up file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_VALUE_FIELDS = ("bytes_list", "float_list", "int64_list")


class Redaction:
    """Blanks features by name: inputs and outputs, and features inside of tf.Examples.

    Args:
        names: The features.
        example_class: The message class `tf.SequenceExample`; a `tf.Example` is one, too.
    """

    def __init__(self, names: Iterable[str], example_class: Any) -> None:
        self._names = frozenset(names)
        self._example_class = example_class

    def tensors(self, tensors: Mapping[str, Any]) -> None:
        """Blanks the `TensorProto`s with such a name, and serialized examples in the others."""
        for alias, tensor in tensors.items():
            if alias in self._names:
                _blank_tensor(tensor)
            elif tensor.string_val:
                texts = [self._serialized(text) for text in tensor.string_val]
                del tensor.string_val[:]
                tensor.string_val.extend(texts)

    def examples(self, sent: Any) -> None:
        """Blanks features in the examples of an `Input` message."""
        for part in (sent.example_list, sent.example_list_with_context):
            for example in part.examples:
                self._features(example.features)
        self._features(sent.example_list_with_context.context.features)

    def _serialized(self, text: bytes) -> bytes:
        try:
            example = self._example_class.FromString(text)
        except DecodeError:
            return text
        blanked = self._features(example.context)
        for name, steps in example.feature_lists.feature_list.items():
            if name in self._names:
                blanked = True
                for feature in steps.feature:
                    _blank_feature(feature)
        # What only happens to look like an example stays as it is, byte by byte.
        return bytes(example.SerializeToString()) if blanked else text

    def _features(self, features: Any) -> bool:
        found = self._names & features.feature.keys()
        for name in found:
            _blank_feature(features.feature[name])
        return bool(found)


def _blank_feature(feature: Any) -> None:
    for field in _VALUE_FIELDS:
        if feature.HasField(field):
            _blank_values(getattr(feature, field).value)


def _blank_tensor(tensor: Any) -> None:
    tensor.tensor_content = bytes(len(tensor.tensor_content))
    for field, values in tensor.ListFields():
        if field.name.endswith("_val"):
            _blank_values(values)


def _blank_values(values: Any) -> None:
    blank = [type(value)() for value in values]
    del values[:]
    values.extend(blank)
