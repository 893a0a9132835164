"""Finds out which outputs of a graph are computed by loops. Free of TensorFlow.

Without a loop the work of a run is bounded by the size of its inputs: each operation runs once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_LOOPS = frozenset({"While", "StatelessWhile", "For", "Enter", "RefEnter", "MapDefun"})
# Python may do anything, and a data set is iterated over.
_ANYTHING = ("PyFunc", "EagerPyFunc", "PyFuncStateless")
_DATASET = "Dataset"


class GraphLoops:
    """Knows where the loops of a graph are.

    Args:
        graph_def: The graph, a `GraphDef`. Nothing of it is kept but names.
    """

    def __init__(self, graph_def: Any) -> None:
        self._looping = _looping_functions(graph_def.library.function)
        self._inputs = {node.name: tuple(node.input) for node in graph_def.node}
        self._loops = {node.name for node in graph_def.node if self._is_loop(node)}

    def behind(self, tensors: Iterable[str]) -> bool:
        """Whether there is a loop among the operations that some tensors are computed by."""
        if not self._loops:
            return False
        seen: set[str] = set()
        due = [_operation(tensor) for tensor in tensors]
        while due:
            name = due.pop()
            if name in self._loops:
                return True
            if name not in seen:
                seen.add(name)
                due += map(_operation, self._inputs.get(name, ()))
        return False

    def _is_loop(self, node: Any) -> bool:
        return _loops_itself(node) or bool(_called(node) & self._looping)


def _looping_functions(functions: Iterable[Any]) -> set[str]:
    calls = {
        function.signature.name: set().union(*map(_called, function.node_def))
        for function in functions
    }
    looping = {
        function.signature.name
        for function in functions
        if any(map(_loops_itself, function.node_def))
    }
    while more := {name for name, called in calls.items() if called & looping} - looping:
        looping |= more
    return looping


def _loops_itself(node: Any) -> bool:
    return node.op in _LOOPS or node.op in _ANYTHING or _DATASET in node.op


def _called(node: Any) -> set[str]:
    """Returns the names of the functions that a node may call; its own kind may be one."""
    names = {node.op}
    for value in node.attr.values():
        names.add(value.func.name)
        names.update(function.name for function in value.list.func)
    return names


def _operation(tensor: str) -> str:
    """Returns the name of the operation of a tensor, `name:0`, or of a dependency, `^name`."""
    return tensor.removeprefix("^").partition(":")[0]
