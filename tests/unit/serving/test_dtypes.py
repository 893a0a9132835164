import numpy as np
import pytest

from serving.dtypes import dtype_name, dtype_number, dtype_of, numpy_dtype


@pytest.mark.parametrize(
    ("number", "name", "kind"),
    [
        (1, "float", np.float32),
        (2, "double", np.float64),
        (3, "int32", np.int32),
        (9, "int64", np.int64),
        (7, "string", object),
        (10, "bool", np.bool_),
        (19, "half", np.float16),
        (23, "uint64", np.uint64),
    ],
)
def test_number_name_and_numpy_type_belong_together(number, name, kind):
    assert dtype_name(number) == name
    assert dtype_number(name) == number
    assert numpy_dtype(name) == np.dtype(kind)
    assert dtype_of(np.zeros(1, dtype=kind)) == name


def test_unknown_types():
    assert dtype_name(0) == "invalid"
    assert dtype_number("quaternion") == 0
    with pytest.raises(KeyError):
        numpy_dtype("resource")
