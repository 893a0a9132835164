"""What Beam remembers is what it would have worked out."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# Beam is patched for the whole process, so each test looks at a process of its own.
_PRELUDE = """
import json
from apache_beam.options.pipeline_options import (
    DebugOptions, DirectOptions, PipelineOptions, StandardOptions,
)
from apache_beam.transforms import core
from pipeline import beam_memo

class Doubles(core.DoFn):
    def process(self, element, window=core.DoFn.WindowParam, factor=2):
        yield element

def plain(a, b=1, *rest, c=2):
    pass

def arguments():
    names = [core.get_function_args_defaults(f) for f in (
        Doubles().process, Doubles.process, plain, lambda x, y=3: x, str.upper, Doubles,
    )]
    return [[list(a), list(map(repr, d))] for a, d in names]

def options():
    flags = ["--runner=X", "--experiments=a", "--experiments=b", "--direct_num_workers=3"]
    first, second = PipelineOptions(flags), PipelineOptions(flags)
    first.view_as(DebugOptions).experiments.append("c")
    first.view_as(StandardOptions).streaming = True
    return [
        [o.view_as(DebugOptions).experiments, o.view_as(StandardOptions).streaming,
         o.view_as(StandardOptions).runner, o.view_as(DirectOptions).direct_num_workers]
        for o in (first, second, PipelineOptions(flags, runner="Y"), PipelineOptions([]))
    ]
"""


@pytest.mark.parametrize("answers", ["arguments", "options"])
def test_beam_answers_the_same(answers):
    snippet = f"""
before = {answers}()
beam_memo.install()
beam_memo.install()
print(json.dumps([before, {answers}(), {answers}()]))
"""
    done = subprocess.run(
        [sys.executable, "-c", _PRELUDE + snippet], capture_output=True, text=True, check=True
    )

    before, first, again = json.loads(done.stdout.splitlines()[-1])
    assert first == before
    assert again == before


def test_a_signature_is_inspected_once():
    snippet = """
inspected = []
inspect_arguments = core.get_function_args_defaults
core.get_function_args_defaults = lambda f: inspected.append(f) or inspect_arguments(f)
beam_memo.install()
for _ in range(5):
    core.get_function_args_defaults(Doubles().process)
print(len(inspected))
"""
    done = subprocess.run(
        [sys.executable, "-c", _PRELUDE + snippet], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "1"
