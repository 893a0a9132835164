"""A pipeline that is compiled before its spans are known."""

from __future__ import annotations

import pytest

# Compiled twice: for spans that are known, and as a template that is filled in with them.
SNIPPET = """
from functools import cache
from pathlib import Path
from google.protobuf.json_format import MessageToDict
from components.example_gen.spans import Span
from pipeline import fingerprint
from pipeline.compiling import bind_run, compile_for_any_run, upstream_nodes
from pipeline.config.loading import load_config
from pipeline.dag import Locations
from pipeline.span_template import fill_in, point_at_data, template_spans
from pipeline.use_case import UseCase

fingerprint.CodeDigests = cache(fingerprint.CodeDigests)  # it is the same code each time
case = UseCase.open(Path("examples/penguin"))
config = load_config(case.folder, ["data.path=/data/span-{SPAN}/*"], environ={})
places = Locations("/unknown", "/root", "/models", None)
answers = []
for window, numbers in json.loads(sys.argv[1]):
    template = compile_for_any_run(
        config, case, places._replace(spans=template_spans(window)))
    spans = tuple(Span(n, n * 10 or None, f"/data/span-{n}/*") for n in numbers)
    known = compile_for_any_run(config, case, places._replace(spans=spans))
    filled = fill_in(template, spans)
    point_at_data(filled, "", spans, "tfrecord")
    for ir in (known, filled):
        bind_run(ir, "run", "/runs/penguin")
    same = MessageToDict(known) == MessageToDict(filled)
    answers.append([same, list(upstream_nodes(known)) == list(upstream_nodes(filled)),
                    [n for n in upstream_nodes(filled) if n.startswith("ExampleGen")]])
answer(answers)
"""


@pytest.fixture(scope="module")
def filled(leanly):
    return leanly(SNIPPET, "[[3, [1, 2, 3]], [3, [4, 5]], [3, [7]], [1, [7]]]")


def test_with_its_spans_it_is_what_would_have_been_compiled_for_them(filled):
    (same, same_nodes, example_gens), _, _, _ = filled

    assert same
    assert same_nodes
    assert example_gens == ["ExampleGen.span-1", "ExampleGen.span-2", "ExampleGen.span-3"]


def test_with_fewer_spans_than_the_window_has(filled):
    _, (same, same_nodes, example_gens), _, _ = filled

    assert same
    assert same_nodes
    assert example_gens == ["ExampleGen.span-4", "ExampleGen.span-5"]


def test_with_one_span_there_is_no_older_one(filled):
    _, _, (_, same_nodes, example_gens), _ = filled

    assert same_nodes
    assert example_gens == ["ExampleGen.span-7"]


def test_a_window_of_one(filled):
    _, _, _, (same, _, _) = filled

    assert same
