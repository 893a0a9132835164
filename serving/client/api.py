"""The clients' interface, the same for both protocols."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, Any, Literal, Protocol

from serving.client.retries import Retries
from serving.errors import Code, DeadlineExceededError, ServingError, UnavailableError
from serving.signature import DEFAULT_SIGNATURE, ROWS_SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from typing_extensions import Self

    from serving.client.dialect import Dialect, ResultT, Talk
    from serving.client.frames import Rows
    from serving.client.results import Columns, ModelMetadata, ModelVersionStatus

DEFAULT_TIMEOUT_S = 30.0
DEFAULT_RETRIES = Retries()

ProtocolName = Literal["rest", "grpc"]


class Transport(Protocol):
    """Carries calls to a server."""

    def send(self, call: Any, timeout_s: float) -> Any:
        """Returns the answer to a call.

        Raises:
            ServingError: The server refused it, or cannot be reached.
            TimeoutError: It did not answer in time.
        """

    def close(self) -> None:
        """Closes the connections."""


class AsyncTransport(Protocol):
    """Carries calls to a server without holding up the event loop."""

    async def send(self, call: Any, timeout_s: float) -> Any:
        """Returns the answer to a call; raises as `Transport.send` does."""

    async def close(self) -> None:
        """Closes the connections."""


class _Deadline:
    def __init__(self, address: str, timeout_s: float) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._end = time.monotonic() + timeout_s

    @property
    def left_s(self) -> float:
        return max(self._end - time.monotonic(), 0)

    def time_left(self) -> float:
        """Returns the seconds that are left; raises when there are none."""
        left_s = self.left_s
        if not left_s:
            raise self.error()
        return left_s

    def error(self) -> DeadlineExceededError:
        return DeadlineExceededError(f"no answer from {self._address} within {self._timeout_s:g} s")


class _AnyClient:
    """What clients have in common.

    Args:
        address: Host and port.
        dialect: What is said.
        timeout_s: How long a call may take when it does not say otherwise, seconds.
        retries: How calls are repeated that nobody answered.
    """

    def __init__(self, address: str, dialect: Dialect, timeout_s: float, retries: Retries) -> None:
        self.address = address
        self.model = dialect.model
        self.timeout_s = timeout_s
        self._dialect = dialect
        self._retries = retries
        self._is_closed = False

    def _check_open(self, cause: ServingError | None = None) -> None:
        if self._is_closed:
            raise ServingError.of(Code.FAILED_PRECONDITION, "the client is closed") from cause

    def _deadline(self, timeout_s: float | None) -> _Deadline:
        return _Deadline(self.address, self.timeout_s if timeout_s is None else timeout_s)

    def _wait_s(self, error: ServingError, failures: int, deadline: _Deadline) -> float:
        """Returns how long to wait before the next try; raises the error if there is none."""
        self._check_open(error)
        if isinstance(error, UnavailableError) and not deadline.left_s:
            # A socket that is given next to no time may say anything.
            raise deadline.error() from error
        draw = random.random()  # noqa: S311 - nothing secret
        wait_s = self._retries.wait_s(error, failures, deadline.left_s, draw)
        if wait_s is None:
            # The model may have changed since it was asked for its signatures.
            self._dialect.forget()
            raise error
        return wait_s


class Client(_AnyClient):
    """Asks one model on one server. Safe to use from several threads."""

    def __init__(
        self,
        address: str,
        dialect: Dialect,
        transport: Transport,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        retries: Retries = DEFAULT_RETRIES,
    ) -> None:
        super().__init__(address, dialect, timeout_s, retries)
        self._transport = transport

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
        self, rows: Rows, signature: str = ROWS_SIGNATURE, timeout_s: float | None = None
    ) -> Columns:
        """Sends rows of named values and returns the model's outputs.

        Args:
            rows: One mapping for each row, from input name to value: a number, a text, bytes, or
                (nested) lists of these; all rows have the same keys. Or a pandas DataFrame, of
                which the columns are sent that the signature takes.
            signature: The signature to call.
            timeout_s: How long the call may take, repetitions included, seconds; None means the
                client's default.

        Returns:
            One list for each output, with one entry for each row; `arrays()` and `frame()` give
            NumPy arrays and a DataFrame.

        Raises:
            ServingError: The call failed; its class and code say how.
        """
        return self._run(self._dialect.predict(rows, signature), timeout_s)

    def predict_examples(
        self,
        examples: Sequence[Any],
        signature: str = DEFAULT_SIGNATURE,
        timeout_s: float | None = None,
    ) -> Columns:
        """Sends tf.Examples to a signature with one string input.

        Args:
            examples: One `tf.Example` for each row, serialized or not.
            signature: The signature to call.
            timeout_s: How long the call may take, seconds; None means the client's default.

        Returns:
            As `predict`.

        Raises:
            ServingError: The call failed; its class and code say how.
        """
        return self._run(self._dialect.predict_examples(examples, signature), timeout_s)

    def status(self) -> list[ModelVersionStatus]:
        """Returns the states of the model's versions, newest first.

        Raises:
            ServingError: The server does not know the model, or does not answer.
        """
        return self._run(self._dialect.status())

    def metadata(self) -> ModelMetadata:
        """Returns the signatures of the version that answers now.

        Raises:
            ServingError: No version answers, or the server does not.
        """
        return self._run(self._dialect.metadata())

    def close(self) -> None:
        """Closes the connections; calls are refused from now on."""
        self._is_closed = True
        self._transport.close()

    def _run(self, talk: Talk[ResultT], timeout_s: float | None = None) -> ResultT:
        deadline = self._deadline(timeout_s)
        answer = None
        while True:
            try:
                call = talk.send(answer)
            except StopIteration as end:
                result: ResultT = end.value
                return result
            answer = self._send(call, deadline)

    def _send(self, call: Any, deadline: _Deadline) -> Any:
        failures = 0
        while True:
            self._check_open()
            try:
                return self._transport.send(call, deadline.time_left())
            except TimeoutError as error:
                raise deadline.error() from error
            except ServingError as error:
                failures += 1
                wait_s = self._wait_s(error, failures, deadline)
            time.sleep(wait_s)


class AsyncClient(_AnyClient):
    """Asks one model on one server, from one event loop; see `Client` for what the calls do."""

    def __init__(
        self,
        address: str,
        dialect: Dialect,
        transport: AsyncTransport,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        retries: Retries = DEFAULT_RETRIES,
    ) -> None:
        super().__init__(address, dialect, timeout_s, retries)
        self._transport = transport

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def predict(
        self, rows: Rows, signature: str = ROWS_SIGNATURE, timeout_s: float | None = None
    ) -> Columns:
        """Sends rows of named values and returns the model's outputs; see `Client.predict`."""
        return await self._run(self._dialect.predict(rows, signature), timeout_s)

    async def predict_examples(
        self,
        examples: Sequence[Any],
        signature: str = DEFAULT_SIGNATURE,
        timeout_s: float | None = None,
    ) -> Columns:
        """Sends tf.Examples to a signature; see `Client.predict_examples`."""
        return await self._run(self._dialect.predict_examples(examples, signature), timeout_s)

    async def status(self) -> list[ModelVersionStatus]:
        """Returns the states of the model's versions, newest first; see `Client.status`."""
        return await self._run(self._dialect.status())

    async def metadata(self) -> ModelMetadata:
        """Returns the signatures of the version that answers now; see `Client.metadata`."""
        return await self._run(self._dialect.metadata())

    async def close(self) -> None:
        """Closes the connections; calls are refused from now on."""
        self._is_closed = True
        await self._transport.close()

    async def _run(self, talk: Talk[ResultT], timeout_s: float | None = None) -> ResultT:
        deadline = self._deadline(timeout_s)
        answer = None
        while True:
            try:
                call = talk.send(answer)
            except StopIteration as end:
                result: ResultT = end.value
                return result
            answer = await self._send(call, deadline)

    async def _send(self, call: Any, deadline: _Deadline) -> Any:
        failures = 0
        while True:
            self._check_open()
            try:
                return await self._transport.send(call, deadline.time_left())
            except TimeoutError as error:
                raise deadline.error() from error
            except ServingError as error:
                failures += 1
                wait_s = self._wait_s(error, failures, deadline)
            await asyncio.sleep(wait_s)
