"""What becomes of an answer that no model server would give."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from serving.errors import Code, ServingError

if TYPE_CHECKING:
    from collections.abc import Iterator

_OTHER_FORM: tuple[type[Exception], ...] = (
    AttributeError, LookupError, RecursionError, TypeError, ValueError
)  # fmt: skip


@contextmanager
def reading(*more: type[Exception]) -> Iterator[None]:
    """Turns what an answer of another form makes a block of code raise into a `ServingError`.

    Args:
        more: What else the block may raise, beside Python's own errors of type, value and key.
    """
    try:
        yield
    except (*_OTHER_FORM, *more) as error:
        kind = type(error).__name__
        raise ServingError.of(
            Code.INTERNAL, f"the answer is not that of a model server ({kind}: {error})"
        ) from error
