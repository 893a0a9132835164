import pytest

from serving.server.op_message import op_message

MESSAGE = "assertion failed: [x < 5]\n\t [[{{node assert_less}}]]"
HEADING = "Detected at node {0} defined at (most recent call last):\n<stack traces unavailable>\n"


@pytest.mark.parametrize(
    "text",
    [
        MESSAGE,
        f"{MESSAGE} [Op:__inference_signature_wrapper_12]",
        f"Graph execution error:\n\n{HEADING}{MESSAGE} [Op:__inference_f_1]",
        f"Graph execution error:\n\n{HEADING}{HEADING}{MESSAGE}",
    ],
)
def test_the_operations_message_is_left(text):
    assert op_message(text) == MESSAGE
