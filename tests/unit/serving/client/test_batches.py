import pytest

from serving.client.batches import predict_in_batches
from serving.errors import InvalidArgumentError, NotFoundError, ServingError


class FakeClient:
    """Halves numbers; refuses a request in which one is odd."""

    def __init__(self, error=InvalidArgumentError):
        self.error = error
        self.sizes = []

    def predict(self, rows, signature):
        assert signature == "s"
        self.sizes.append(len(rows))
        if any(row["x"] % 2 for row in rows):
            raise self.error("odd")
        return {"half": [row["x"] // 2 for row in rows]}


def ask(client, numbers, size):
    answers = predict_in_batches(client, [{"x": number} for number in numbers], "s", size)
    return [(a.index, a.outputs.get("half"), a.error and a.error.message) for a in answers]


def test_rows_are_sent_by_so_many_at_once():
    client = FakeClient()
    assert ask(client, range(0, 10, 2), 2) == [(n, n, None) for n in range(5)]
    assert client.sizes == [2, 2, 1]


def test_one_bad_row_costs_no_other_its_answer():
    client = FakeClient()
    assert ask(client, [0, 2, 4, 5, 8, 10, 12, 14], 8) == [
        *[(0, 0, None), (1, 1, None), (2, 2, None), (3, None, "odd")],
        *[(4, 4, None), (5, 5, None), (6, 6, None), (7, 7, None)],
    ]
    assert len(client.sizes) == 7


def test_what_is_no_rows_fault_ends_it():
    client = FakeClient(NotFoundError)
    with pytest.raises(NotFoundError):
        ask(client, [0, 1], 2)
    assert client.sizes == [2]


def test_answers_that_are_not_one_for_each_row_are_told_apart_by_nobody():
    class Forgetful:
        def predict(self, _rows, _signature):
            return {"half": [1]}

    with pytest.raises(ServingError, match="half has 1 for 2 rows"):
        ask(Forgetful(), [2, 4], 2)
