"""The types that a curated schema gives to columns."""

from __future__ import annotations

import pytest

SNIPPET = """
from components.schema_gen.column_types import column_types
answer(column_types(sys.argv[1] or None))
"""
SCHEMA = """
feature { name: "fare" type: FLOAT }
feature { name: "hour" type: INT presence { min_count: 1 } }
feature { name: "company" type: BYTES }
feature { name: "unknown" }
"""


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (SCHEMA, {"fare": "float", "hour": "int", "company": "text"}),
        ("", {}),
        ("feature { nonsense }", {}),  # SchemaGen says what is wrong with it
    ],
)
def test_types_of_a_schema(leanly, schema, expected):
    assert leanly(SNIPPET, schema) == expected
