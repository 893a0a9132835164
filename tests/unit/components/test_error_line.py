"""One line out of an error."""

from __future__ import annotations

import pytest

from components.error_line import cause_of, in_one_line

WRAPPED = """\
Traceback (most recent call last):
  File "common.py", line 1498, in apache_beam.runners.common.DoFnRunner.process
    return self.do_fn_invoker.invoke_process(windowed_value)
ValueError: fare has the type text

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "sdk_worker.py", line 312, in _execute
    response = task()
RuntimeError: ValueError: fare has the type text [while running 'Evaluate/Extract-ptransform-12']
"""
TENSORFLOW = """\
Traceback (most recent call last):
  File "sdk_worker.py", line 312, in _execute
    response = task()
tensorflow.python.framework.errors_impl.InvalidArgumentError: Graph execution error:

Detected at node ParseExample defined at (most recent call last):
<stack traces unavailable>
Feature: species is required but could not be found.
\t [[{{node ParseExample}}]] [Op:__inference_7] [while running 'Predict']
"""


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (RuntimeError(WRAPPED), "ValueError: fare has the type text"),
        (
            RuntimeError(TENSORFLOW),
            "InvalidArgumentError: Feature: species is required but could not be found.",
        ),
        (TypeError("no tensor [while running 'Map']"), "TypeError: no tensor"),
        (ValueError("not from Beam"), None),
        (RuntimeError("Traceback (most recent call last): of something else"), None),
    ],
)
def test_the_cause(error, cause):
    assert cause_of(error) == cause


def test_an_error_without_words_is_still_named():
    text = WRAPPED.partition("During")[0].replace(": fare has the type text", "")
    assert cause_of(RuntimeError(text + "[while running 'x']")) == "ValueError"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("Graph execution error:\n\n  no such op\nat x"), "ValueError: no such op"),
        (ValueError("\n  first \nsecond"), "ValueError: first"),
        (KeyError(), "KeyError"),
        (RuntimeError(WRAPPED), "ValueError: fare has the type text"),
    ],
)
def test_an_error_in_one_line(error, line):
    assert in_one_line(error) == line
