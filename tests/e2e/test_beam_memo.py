"""What Beam remembers is what it would have worked out."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# Beam is patched for the whole process, so the tests look at a process of its own.
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

class Unseen(Doubles):
    def process(self, element):
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


@pytest.fixture(scope="module")
def answers():
    snippet = """
before = [arguments(), options()]
inspected = []
inspect_arguments = core.get_function_args_defaults
core.get_function_args_defaults = lambda f: inspected.append(f) or inspect_arguments(f)
beam_memo.install()
beam_memo.install()
first, again = [arguments(), options()], [arguments(), options()]
inspected.clear()
for _ in range(5):
    core.get_function_args_defaults(Unseen().process)
times = sum(f.__qualname__ == "Unseen.process" for f in inspected)
print(json.dumps({"before": before, "first": first, "again": again, "times": times}))
"""
    done = subprocess.run(
        [sys.executable, "-c", _PRELUDE + snippet], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("then", ["first", "again"])
@pytest.mark.parametrize("which", [0, 1], ids=["arguments", "options"])
def test_beam_answers_the_same(answers, which, then):
    assert answers[then][which] == answers["before"][which]


def test_a_signature_is_inspected_once(answers):
    assert answers["times"] == 1
