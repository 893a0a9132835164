"""The client's interface, the same for both protocols."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from serving.errors import InvalidArgumentError
from serving.signature import DEFAULT_SIGNATURE, Signature

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from serving.errors import ServingError

ROWS_SIGNATURE = "serving_rows"
DEFAULT_TIMEOUT_S = 30.0
AVAILABLE = "AVAILABLE"

Protocol = Literal["rest", "grpc"]
Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class ModelVersionStatus:
    """The state of one version of the model.

    Attributes:
        version: The version's number.
        state: START, LOADING, AVAILABLE, UNLOADING or END.
        error: Why it failed to load; None when it did not fail.
    """

    version: int
    state: str
    error: ServingError | None = None


@dataclass(frozen=True)
class ModelMetadata:
    """What the served version of a model can do."""

    model: str
    version: int
    signatures: dict[str, Signature] = field(default_factory=dict)

    def signature(self, name: str) -> Signature:
        """Returns a signature by name.

        Raises:
            InvalidArgumentError: The model has no such signature; the message lists what it has.
        """
        if name not in self.signatures:
            # Names in underscores are TensorFlow's own, such as the initializer's.
            known = ", ".join(sorted(n for n in self.signatures if not n.startswith("__")))
            raise InvalidArgumentError(
                f"{self.model} version {self.version} has no signature {name!r}; it has: {known}"
            )
        return self.signatures[name]


class Client(ABC):
    """Asks one model on one server. Safe to use from several threads.

    Args:
        address: Host and port.
        model: The model's name.
        timeout_s: How long a call may take when it does not say otherwise, seconds.
    """

    def __init__(self, address: str, model: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        self.address = address
        self.model = model
        self.timeout_s = timeout_s
        self._metadata: ModelMetadata | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def predict(
        self,
        rows: Sequence[Mapping[str, object]],
        signature: str = ROWS_SIGNATURE,
        timeout_s: float | None = None,
    ) -> Columns:
        """Sends rows of named values and returns the model's outputs.

        Args:
            rows: One mapping for each row, from input name to value: a number, a text, bytes, or
                (nested) lists of these. All rows have the same keys.
            signature: The signature to call.
            timeout_s: How long the call may take, seconds; None means the client's default.

        Returns:
            One list for each output, with one entry for each row. Texts are `str`; outputs whose
            name ends in `_bytes` are `bytes`.

        Raises:
            ServingError: The call failed; its class and code say how.
        """
        if not rows:
            raise InvalidArgumentError("there are no rows to send")
        return self._predict(rows, signature, self.timeout_s if timeout_s is None else timeout_s)

    def predict_examples(
        self,
        serialized: Sequence[bytes],
        signature: str = DEFAULT_SIGNATURE,
        timeout_s: float | None = None,
    ) -> Columns:
        """Sends serialized tf.Examples to a signature with one string input.

        Args:
            serialized: One serialized `tf.Example` for each row.
            signature: The signature to call.
            timeout_s: How long the call may take, seconds; None means the client's default.

        Returns:
            As `predict`.

        Raises:
            ServingError: The call failed; its class and code say how.
        """
        inputs = list(self._signature(signature).inputs)
        if len(inputs) != 1:
            raise InvalidArgumentError(
                f"signature {signature!r} takes {len(inputs)} inputs "
                f"({', '.join(inputs)}): use predict()"
            )
        return self.predict([{inputs[0]: item} for item in serialized], signature, timeout_s)

    @abstractmethod
    def status(self) -> list[ModelVersionStatus]:
        """Returns the states of the model's versions, newest first.

        Raises:
            ServingError: The server does not know the model, or does not answer.
        """

    @abstractmethod
    def metadata(self) -> ModelMetadata:
        """Returns the signatures of the version that answers now.

        Raises:
            ServingError: No version answers, or the server does not.
        """

    @abstractmethod
    def close(self) -> None:
        """Closes the connections."""

    @abstractmethod
    def _predict(
        self, rows: Sequence[Mapping[str, object]], signature: str, timeout_s: float
    ) -> Columns:
        """Carries out `predict` in the protocol."""

    def _signature(self, name: str) -> Signature:
        """Returns a signature, from memory if the model was asked before."""
        if self._metadata is None or name not in self._metadata.signatures:
            self._metadata = self.metadata()
        return self._metadata.signature(name)


def connect(
    address: str, model: str, protocol: Protocol = "rest", timeout_s: float = DEFAULT_TIMEOUT_S
) -> Client:
    """Returns a client for a model. It connects with its first call.

    Args:
        address: Host and port, for example "127.0.0.1:8501".
        model: The model's name.
        protocol: "rest" or "grpc".
        timeout_s: How long a call may take when it does not say otherwise, seconds.

    Raises:
        ValueError: The protocol is neither.
    """
    if protocol == "rest":
        from serving.client.rest import RestClient

        return RestClient(address, model, timeout_s)
    if protocol == "grpc":
        from serving.client.grpc import GrpcClient

        return GrpcClient(address, model, timeout_s)
    raise ValueError(f"protocol {protocol!r}: expected 'rest' or 'grpc'")
