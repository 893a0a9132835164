"""Examples that lack a split."""

from __future__ import annotations

SNIPPET = """
from components.splits import NoSuchSplitError, check_split
from tfx.types import standard_artifacts

def examples(uri, split_names):
    made = standard_artifacts.Examples()
    made.uri, made.split_names = uri, split_names
    return made

good = examples("/1", '["train", "eval"]')
check_split([good], "eval")
try:
    check_split([good, examples("/2", '["train", "test"]')], "eval")
except NoSuchSplitError as error:
    answer([error.uri, str(error)])
"""


def test_the_examples_at_fault_are_named(leanly):
    assert leanly(SNIPPET) == [
        "/2",
        "the examples at /2 have no split 'eval', but train, test; name one in data.splits",
    ]
