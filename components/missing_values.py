"""What stands for a value that a row does not have, where a form has no other way to say so.

A CSV cell cannot be left out, nor can a feature of one row in a request of TensorFlow Serving. And
data frames write NaN and empty texts into Parquet files and tf.Examples as if they were values. So
that all of them mean the same, in training and in serving, these values are missing ones wherever a
feature is optional: Transform's graph drops them, which is part of every exported model.
"""

from __future__ import annotations

import math
from typing import Any

MISSING_TEXT = b""
MISSING_FLOAT = math.nan
MISSING_INT = -(2**63)  # as in NumPy's NaT


def is_missing(value: Any) -> bool:
    """Says whether a value of a feature (bytes, float or int) stands for none."""
    if isinstance(value, float):
        return math.isnan(value)
    return value in (MISSING_TEXT, MISSING_INT)
