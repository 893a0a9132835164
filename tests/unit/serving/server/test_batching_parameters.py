import pytest
from google.protobuf import text_format

from serving.errors import InvalidArgumentError
from serving.server.batching_parameters import BatchingParameters, read_parameters
from serving.server.text_config import new_message


def read(text):
    return read_parameters(text_format.Parse(text, new_message("BatchingParameters")))


@pytest.mark.conformance("batch.parameters")
def test_the_defaults_are_tensorflow_servings():
    assert read("") == BatchingParameters()
    assert (read("").max_batch_size, read("").max_enqueued_batches) == (1000, 10)
    assert (read("").batch_timeout_s, read("").allowed_batch_sizes) == (0, ())


@pytest.mark.conformance("batch.parameters")
def test_every_parameter_is_read():
    text = """
        max_batch_size { value: 128 } batch_timeout_micros { value: 1500 }
        max_enqueued_batches { value: 7 } num_batch_threads { value: 3 }
        thread_pool_name { value: "p" } enable_large_batch_splitting { value: true }
        max_execution_batch_size { value: 32 } pad_variable_length_inputs: true
        allowed_batch_sizes: 8 allowed_batch_sizes: 32
    """
    assert read(text) == BatchingParameters(128, 0.0015, 7, 3, "p", True, 32, (8, 32), True)


def test_a_batch_is_only_smaller_than_a_request_where_requests_are_split():
    parameters = read("max_batch_size { value: 9 } max_execution_batch_size { value: 3 }")
    assert parameters.max_execution_batch_size == 9


@pytest.mark.conformance("batch.padding")
def test_batches_are_filled_up_to_the_next_allowed_size():
    parameters = BatchingParameters(allowed_batch_sizes=(4, 16))
    assert [parameters.padded_size(size) for size in (1, 4, 5, 16)] == [4, 4, 16, 16]
    assert BatchingParameters().padded_size(5) == 5


@pytest.mark.conformance("batch.parameters")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_batch_size { value: 0 }", "max_batch_size must be positive; was 0"),
        ("num_batch_threads { value: -1 }", "num_batch_threads must be positive; was -1"),
        ("batch_timeout_micros { value: -1 }", "batch_timeout_micros must be non-negative"),
        ("allowed_batch_sizes: 2 allowed_batch_sizes: 2", "must be positive and increasing"),
        (
            "max_batch_size { value: 9 } allowed_batch_sizes: 8",
            "Last entry in allowed_batch_sizes must match max_batch_size; last entry was 8; exp",
        ),
        (
            (
                "enable_large_batch_splitting { value: true } max_batch_size { value: 9 } "
                "max_execution_batch_size { value: 10 }"
            ),
            "max_execution_batch_size must not exceed max_batch_size",
        ),
    ],
)
def test_parameters_that_contradict_one_another_are_refused(text, message):
    with pytest.raises(InvalidArgumentError, match=message):
        read(text)
