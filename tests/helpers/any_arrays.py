"""Hypothesis strategies for arrays of TensorFlow's element types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from serving.dtypes import INTEGERS, STRING, numpy_dtype

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

REAL = sorted(INTEGERS | {"bool", "float", "double", "half"})
COMPLEX = ["complex64", "complex128"]
NUMPY_ARRAY = np.ndarray[Any, Any]
# What is easily lost among them: blanks at the ends, zeros, quotes, bytes that are no text.
_TRICKY = [b"", b" a\n", b"a\0", b'"\\', b"\xff", b"\xc3", "é\u2028😀".encode()]
ANY_BYTES = st.binary() | st.sampled_from(_TRICKY)
# For a test of each element type: together they are many.
few_examples = settings(deadline=None, max_examples=40)


def arrays_of(
    dtype: str, texts: SearchStrategy[bytes] | None = None, least_rank: int = 0, least_size: int = 0
) -> SearchStrategy[NUMPY_ARRAY]:
    """Returns a strategy for arrays of an element type.

    Args:
        dtype: TensorFlow's name of it.
        texts: The elements of arrays of texts; any bytes unless said otherwise.
        least_rank: How many dimensions there are at least; 0 has scalars too.
        least_size: The least size of a dimension; 0 has empty arrays too.
    """
    shapes = array_shapes(min_dims=least_rank, max_dims=4, min_side=least_size, max_side=3)
    if dtype == STRING:
        return arrays(object, shapes, elements=ANY_BYTES if texts is None else texts)
    if dtype == "bfloat16":
        return arrays(np.uint16, shapes).map(lambda bits: bits.view(numpy_bfloat16()))
    return arrays(numpy_dtype(dtype), shapes)


def numpy_bfloat16() -> np.dtype[Any]:
    """NumPy's type for bfloat16, which TensorFlow brings along."""
    import ml_dtypes

    return np.dtype(ml_dtypes.bfloat16)


def check_same(found: NUMPY_ARRAY, expected: NUMPY_ARRAY) -> None:
    """Compares type, shape, values and the signs of zeros; NaN equals NaN."""
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    if expected.dtype.name == "bfloat16":
        # NumPy knows neither its NaN nor its signs.
        found, expected = found.astype(np.float32), expected.astype(np.float32)
    np.testing.assert_array_equal(found, expected)
    if expected.dtype.kind == "f":
        numbers = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(found)[numbers], np.signbit(expected)[numbers])
