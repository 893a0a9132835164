"""What a client gives back, the same for both protocols."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from serving.dtypes import numpy_dtype
from serving.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd

    from serving.errors import ServingError
    from serving.signature import Signature

AVAILABLE = "AVAILABLE"
_BYTES_SUFFIX = "_bytes"


class Columns(dict[str, list[Any]]):
    """One list for each output, with one entry for each row.

    Texts are `str`; outputs whose name ends in `_bytes` are `bytes`.

    Args:
        values: The lists by output.
        dtypes: TensorFlow's names of the outputs' types, where they are known.
    """

    def __init__(
        self, values: Mapping[str, list[Any]], dtypes: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(values)
        self._dtypes = dtypes or {}

    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """Returns the outputs as arrays, texts and bytes as arrays of objects.

        Over gRPC they have the model's types. JSON does not tell them: over REST numbers become
        float64 or int64.
        """
        return {name: _to_array(its, self._dtypes.get(name)) for name, its in self.items()}

    def frame(self, index: pd.Index[Any] | None = None) -> pd.DataFrame:
        """Returns the outputs as columns of a DataFrame. Imports pandas.

        Args:
            index: The rows' index; None numbers them. That of the rows that were sent fits.
        """
        import pandas as pd

        return pd.DataFrame(dict(self), index=index)


def holds_bytes(output: str) -> bool:
    """Whether an output is bytes by its name: TensorFlow knows one type for bytes and texts."""
    return output.endswith(_BYTES_SUFFIX)


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


def _to_array(values: list[Any], dtype: str | None) -> np.ndarray[Any, Any]:
    import numpy as np

    if dtype is not None:
        return np.array(values, dtype=numpy_dtype(dtype))
    array = np.array(values, dtype=object)
    kinds = {type(value) for value in array.reshape(-1).tolist()}
    # NumPy's own arrays of texts cut zeros off their ends.
    return array if kinds & {str, bytes, list} else np.array(values)
