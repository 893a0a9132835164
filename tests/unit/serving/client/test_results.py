import numpy as np

from serving.client.results import Columns


def test_arrays_have_the_models_types_where_they_are_known():
    columns = Columns({"x": [1, 2], "t": ["a", "b"]}, {"x": "float", "t": "string"})
    arrays = columns.arrays()
    assert (arrays["x"].dtype, arrays["t"].dtype) == (np.float32, object)
    assert arrays["x"].tolist() == [1.0, 2.0]


def test_arrays_of_unknown_type_are_what_json_says():
    arrays = Columns({"x": [[1.5], [2]], "i": [1, 2], "b": [True, False]}).arrays()
    assert {name: array.dtype.name for name, array in arrays.items()} == {
        "x": "float64",
        "i": "int64",
        "b": "bool",
    }
    assert arrays["x"].shape == (2, 1)


def test_bytes_keep_their_last_zeros():
    assert Columns({"b": [b"a\0", b""]}).arrays()["b"].tolist() == [b"a\0", b""]


def test_a_frame_has_the_rows_index():
    frame = Columns({"x": [1, 2]}).frame(index=["a", "b"])
    assert frame.to_dict() == {"x": {"a": 1, "b": 2}}
    assert list(Columns({"x": [1]}).frame().index) == [0]


def test_columns_are_a_plain_dictionary_of_lists():
    assert Columns({"x": [1]}) == {"x": [1]}
