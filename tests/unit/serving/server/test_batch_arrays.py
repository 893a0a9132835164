import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.server.batch_arrays import batch_size, cut, merge, part_sizes, split
from serving.server.batching_parameters import BatchingParameters

PLAIN = BatchingParameters()


def column(*values):
    return {"x": np.array(values)}


@pytest.mark.conformance("batch.shapes")
@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ({"x": np.array(1)}, "must have at least one dim"),
        ({"x": np.zeros(2), "y": np.zeros(3)}, "must have equal 0th-dimension size"),
    ],
)
def test_a_request_has_as_many_rows_as_each_of_its_inputs(inputs, text):
    assert batch_size({"x": np.zeros((2, 5)), "y": np.zeros(2)}) == 2
    with pytest.raises(InvalidArgumentError, match=text):
        batch_size(inputs)


@pytest.mark.conformance("batch.padding")
def test_what_fills_a_batch_up_is_a_real_row_and_is_cut_off_again():
    parameters = BatchingParameters(max_execution_batch_size=8, allowed_batch_sizes=(4, 8))
    merged = merge([column(1, 2), column(3)], parameters)
    assert merged["x"].tolist() == [1, 2, 3, 3]
    answers = split({"y": merged["x"] * 2}, [2, 1], 4)
    assert [answer["y"].tolist() for answer in answers] == [[2, 4], [6]]


@pytest.mark.conformance("batch.variable_length")
def test_unequal_shapes_are_padded_only_where_that_is_wanted():
    requests = [{"x": np.array([[1, 2]])}, {"x": np.array([[3]])}]
    with pytest.raises(ServingError, match="have different shapes and padding is turned") as caught:
        merge(requests, PLAIN)
    assert caught.value.code is Code.FAILED_PRECONDITION
    padded = BatchingParameters(pad_inputs=True)
    assert merge(requests, padded)["x"].tolist() == [[1, 2], [3, 0]]
    texts = [{"x": np.array([[b"a", b"b"]], object)}, {"x": np.array([[b"c"]], object)}]
    assert merge(texts, padded)["x"].tolist() == [[b"a", b"b"], [b"c", b""]]
    with pytest.raises(ServingError, match="different ranks"):
        merge([column(1), {"x": np.array([[1]])}], padded)


@pytest.mark.conformance("batch.shapes")
@pytest.mark.parametrize(
    ("output", "text"),
    [(np.array(1), "has 0 dimensions"), (np.zeros(2), "does not equal the sum of the 0th")],
)
def test_outputs_without_a_row_for_each_row_are_refused(output, text):
    with pytest.raises(ServingError, match=text) as caught:
        split({"y": output}, [1, 2], 3)
    assert caught.value.code is Code.FAILED_PRECONDITION


@pytest.mark.conformance("batch.splitting")
@pytest.mark.parametrize(
    ("size", "room", "most", "parts"),
    [
        (3, 5, 8, [3]),
        (8, 0, 8, [8]),
        (20, 4, 8, [4, 8, 8]),
        (19, 4, 8, [4, 8, 7]),
        (9, 0, 8, [8, 1]),
    ],
)
def test_large_requests_are_cut(size, room, most, parts):
    assert part_sizes(size, room, most) == parts


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6), st.integers(0, 7))
def test_whatever_is_merged_comes_apart_again(sizes, room):
    rows = [{"x": np.arange(size) + 100 * number} for number, size in enumerate(sizes)]
    parameters = BatchingParameters(allowed_batch_sizes=(50, 1000))
    merged = merge(rows, parameters)
    answers = split(merged, sizes, parameters.padded_size(sum(sizes)))
    for row, answer in zip(rows, answers, strict=True):
        np.testing.assert_array_equal(answer["x"], row["x"])
        parts = cut(answer, part_sizes(len(row["x"]), room, 8))
        np.testing.assert_array_equal(np.concatenate([p["x"] for p in parts]), row["x"])
