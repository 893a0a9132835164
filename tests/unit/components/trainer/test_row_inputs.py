from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.trainer.row_inputs import Arity, RowInput, row_inputs


def schema(text):
    return text_format.Parse(text, schema_pb2.Schema())


def test_arity_comes_from_shape_and_value_count():
    inputs = row_inputs(
        schema("""
            feature { name: "scalar" shape {} }
            feature { name: "one" shape { dim { size: 1 } } }
            feature { name: "four" shape { dim { size: 4 } } }
            feature { name: "optional" value_count { min: 0 max: 1 } }
            feature { name: "undeclared" }
            feature { name: "up_to_three" value_count { min: 0 max: 3 } }
            feature { name: "any" value_count { min: 1 } }
        """)
    )
    assert inputs == [
        RowInput("scalar", Arity.FIXED, ()),
        RowInput("one", Arity.FIXED, (1,)),
        RowInput("four", Arity.FIXED, (4,)),
        RowInput("optional", Arity.OPTIONAL),
        RowInput("undeclared", Arity.OPTIONAL),
        RowInput("up_to_three", Arity.LIST),
        RowInput("any", Arity.LIST),
    ]


def test_a_feature_of_one_value_is_sent_as_a_bare_value():
    assert RowInput("scalar", Arity.FIXED, ()).sent_shape == (None,)
    assert RowInput("one", Arity.FIXED, (1,)).sent_shape == (None,)
    assert RowInput("optional", Arity.OPTIONAL).sent_shape == (None,)
    assert RowInput("four", Arity.FIXED, (4,)).sent_shape == (None, 4)
    assert RowInput("any", Arity.LIST).sent_shape == (None, None)


def test_only_what_is_in_the_serving_environment_is_sent():
    inputs = row_inputs(
        schema("""
            default_environment: "TRAINING"
            default_environment: "SERVING"
            feature { name: "fare" }
            feature { name: "tips" not_in_environment: "SERVING" }
            feature { name: "old" lifecycle_stage: DEPRECATED }
        """)
    )
    assert [row.name for row in inputs] == ["fare"]


def test_environments_may_be_opted_into():
    inputs = row_inputs(
        schema("""
            default_environment: "TRAINING"
            feature { name: "fare" in_environment: "SERVING" }
            feature { name: "tips" }
        """)
    )
    assert [row.name for row in inputs] == ["fare"]


def test_the_label_is_left_out_of_a_schema_without_environments():
    text = 'feature { name: "fare" } feature { name: "tips" }'
    assert [row.name for row in row_inputs(schema(text), ["tips"])] == ["fare"]
