import keyword
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.trainer.argument_names import argument_names


def test_plain_names_stay():
    assert argument_names(["fare", "trip_month", "A1"]) == {
        "fare": "fare",
        "trip_month": "trip_month",
        "A1": "A1",
    }


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("trip month", "input_trip_month"),
        ("pickup time (UTC)/x", "input_pickup_time__UTC__x"),
        ("größe", "input_gr__e"),
        ("1st", "input_1st"),
        ("_hidden", "input__hidden"),
        ("class", "class_"),
        ("self", "self_"),
        ("", "input_"),
    ],
)
def test_what_cannot_be_an_argument_becomes_one(name, argument):
    assert argument_names([name]) == {name: argument}


def test_names_that_would_be_the_same_differ():
    names = ["a b", "a-b", "input_a_b", "Fare", "fare"]

    assert argument_names(names) == {
        "a b": "input_a_b_",
        "a-b": "input_a_b__",
        "input_a_b": "input_a_b",
        "Fare": "Fare",
        "fare": "fare_",
    }


@given(st.lists(st.text(), unique=True))
def test_any_names_give_different_arguments(names):
    arguments = argument_names(names)

    assert list(arguments) == names
    assert len({argument.casefold() for argument in arguments.values()}) == len(names)
    for argument in arguments.values():
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", argument)
        assert not keyword.iskeyword(argument)
