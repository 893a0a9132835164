"""What a client says to a server in one of the protocols. Free of IO.

A conversation is a generator: it yields calls, is sent the answers, and returns the result. So one
implementation serves clients that wait and clients that `await`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from serving.client.frames import frame_to_rows, is_frame
from serving.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from serving.client.frames import Rows
    from serving.client.results import Columns, ModelMetadata, ModelVersionStatus
    from serving.signature import Signature

ResultT = TypeVar("ResultT")
if TYPE_CHECKING:
    Talk = Generator[Any, Any, ResultT]


class Dialect(ABC):
    """The conversations about one model in one protocol.

    Args:
        model: The model's name.
        version: The version that is asked; None leaves it to the server, or to the label.
        label: The label of the version that is asked.

    Raises:
        ValueError: There is no such choice of a version.
    """

    def __init__(self, model: str, version: int | None = None, label: str | None = None) -> None:
        if version is not None and label is not None:
            raise ValueError("name a version or a label, not both")
        if label == "":
            raise ValueError("the label is empty")
        if version is not None and version < 0:
            raise ValueError(f"version {version}: expected 0 or more")
        self.model = model
        self.version = version
        self.label = label
        self._metadata: ModelMetadata | None = None

    @abstractmethod
    def status(self) -> Talk[list[ModelVersionStatus]]:
        """Asks for the states of the model's versions, newest first."""

    @abstractmethod
    def metadata(self) -> Talk[ModelMetadata]:
        """Asks for the signatures of the version that answers now."""

    @abstractmethod
    def _predict(self, rows: Sequence[Mapping[str, object]], signature: str) -> Talk[Columns]:
        """Sends rows, at least one."""

    def predict(self, rows: Rows, signature: str) -> Talk[Columns]:
        """Sends rows or a DataFrame.

        Raises:
            InvalidArgumentError: There are no rows, or one is no mapping, or a DataFrame lacks
                columns.
        """
        if not len(rows):
            raise InvalidArgumentError("there are no rows to send")
        if is_frame(rows):
            known = yield from self.signature(signature)
            rows = frame_to_rows(rows, known)
        for index, row in enumerate(rows):
            if not isinstance(row, Mapping):
                raise InvalidArgumentError(
                    f"row {index} ({row!r}) is no mapping from the names of inputs to values"
                )
        return (yield from self._predict(rows, signature))

    def predict_examples(self, examples: Sequence[Any], signature: str) -> Talk[Columns]:
        """Sends tf.Examples, serialized or not, to a signature with one input.

        Raises:
            InvalidArgumentError: The signature has other inputs.
        """
        inputs = list((yield from self.signature(signature)).inputs)
        if len(inputs) != 1:
            raise InvalidArgumentError(
                f"signature {signature!r} takes {len(inputs)} inputs "
                f"({', '.join(inputs)}): use predict()"
            )
        rows = [{inputs[0]: _serialized(example, index)} for index, example in enumerate(examples)]
        return (yield from self.predict(rows, signature))

    def signature(self, name: str) -> Talk[Signature]:
        """Returns a signature, from memory if the model was asked before."""
        if self._metadata is None or name not in self._metadata.signatures:
            self._metadata = yield from self.metadata()
        return self._metadata.signature(name)

    def forget(self) -> None:
        """Forgets the signatures: the model may have changed."""
        self._metadata = None


def _serialized(example: Any, index: int) -> bytes:
    if isinstance(example, bytes):
        return example
    if not hasattr(example, "SerializeToString"):
        raise InvalidArgumentError(f"example {index} is neither bytes nor a tf.Example")
    return bytes(example.SerializeToString())
