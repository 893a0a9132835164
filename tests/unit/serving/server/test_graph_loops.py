from types import SimpleNamespace

import pytest

from serving.server.graph_loops import GraphLoops


def node(name, op, *inputs, calls="", among=()):
    functions = [SimpleNamespace(name=function) for function in among]
    value = SimpleNamespace(func=SimpleNamespace(name=calls), list=SimpleNamespace(func=functions))
    return SimpleNamespace(name=name, op=op, input=inputs, attr={"f": value})


def function(name, *nodes):
    return SimpleNamespace(signature=SimpleNamespace(name=name), node_def=nodes)


def graph(*nodes, functions=()):
    return GraphLoops(SimpleNamespace(node=nodes, library=SimpleNamespace(function=functions)))


@pytest.mark.parametrize("op", ["While", "StatelessWhile", "Enter", "PyFunc", "MapDataset"])
def test_a_loop_counts_for_what_is_computed_from_it(op):
    loops = graph(
        node("x", "Placeholder"),
        node("loop", op, "x"),
        node("y", "Mul", "x:0", "loop:1"),
        node("z", "Mul", "x", "^y"),
        node("w", "Mul", "x"),
    )
    assert loops.behind(["y:0"])
    assert loops.behind(["w:0", "z:0"])
    assert not loops.behind(["w:0"])


def test_a_loop_may_be_in_a_function_that_a_function_calls():
    functions = [
        function("outer", node("a", "PartitionedCall", calls="inner")),
        function("inner", node("b", "While")),
        function("case", node("c", "Case", among=("plain", "outer"))),
        function("plain", node("d", "Mul")),
    ]
    loops = graph(
        node("one", "StatefulPartitionedCall", calls="case"),
        node("two", "outer"),
        node("three", "StatefulPartitionedCall", calls="plain"),
        functions=functions,
    )
    assert loops.behind(["one:0"])
    assert loops.behind(["two:0"])
    assert not loops.behind(["three:0"])


def test_a_circle_ends():
    loops = graph(node("a", "Merge", "b"), node("b", "NextIteration", "a"), node("c", "While"))
    assert not loops.behind(["a:0"])
