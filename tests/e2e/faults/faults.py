"""Faults that strike one node from inside its process, at a moment that is the same every time.

Killed is a node when its executor is done and nothing of it is published: the worst moment.
"""

import functools
import importlib.machinery
import os
import resource
import signal
import sys
from pathlib import Path

_PORTABLE = "tfx.orchestration.portable"
_MEBIBYTE = 1 << 20


def install(node, kind):
    """Has `node` struck by the fault `kind` as soon as TFX's code that runs it is imported."""
    patches = {
        f"{_PORTABLE}.python_executor_operator": ("PythonExecutorOperator", "run_executor"),
        f"{_PORTABLE}.beam_executor_operator": ("BeamExecutorOperator", "run_executor"),
        f"{_PORTABLE}.resolver_node_handler": ("ResolverNodeHandler", "run"),
    }
    sys.meta_path.insert(0, _Finder(patches, node, FAULTS[kind]))


class _Finder:
    """Finds some modules as usual, and has a method of theirs changed once they are loaded."""

    def __init__(self, patches, node, strike):
        self._patches, self._node, self._strike = patches, node, strike

    def find_spec(self, name, path, target=None):
        if name not in self._patches:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        load = spec.loader.exec_module

        def load_and_change(module):
            load(module)
            self._change(module, *self._patches[name])

        spec.loader.exec_module = load_and_change
        return spec

    def _change(self, module, class_name, method_name):
        changed = getattr(module, class_name)
        method = getattr(changed, method_name)

        @functools.wraps(method)
        def struck(operator, *arguments):
            go_on = functools.partial(method, operator, *arguments)
            if self._node not in {_node_id(argument) for argument in arguments}:
                return go_on()
            # A resolver's last act is to publish.
            return self._strike((lambda: None) if method_name == "run" else go_on) or go_on()

        setattr(changed, method_name, struck)


def _node_id(argument):
    node = getattr(argument, "pipeline_node", argument)
    return getattr(getattr(node, "node_info", None), "id", None)


def _kill_node(go_on):
    go_on()
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_worker(go_on):
    go_on()
    os.kill(os.getppid(), signal.SIGKILL)
    _await_the_end()


def _kill_command(go_on):
    go_on()
    os.kill(_parent_of(os.getppid()), signal.SIGKILL)
    _await_the_end()


def _kill_everything(go_on):
    go_on()
    worker = os.getppid()
    command = _parent_of(worker)
    children = [int(pid.name) for pid in Path("/proc").glob("[0-9]*") if _is_child(pid, command)]
    for pid in (command, *children, os.getpid()):
        os.kill(pid, signal.SIGKILL)


def _stop_command(_go_on):
    os.kill(_parent_of(os.getppid()), signal.SIGTERM)
    _await_the_end()


def _fill_disk(go_on):
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    return go_on()


def _fill_memory(_go_on):
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    # Room for what reports the failure, such as the stacks of gRPC's threads.
    limit = used + 512 * _MEBIBYTE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    return bytearray(8192 * _MEBIBYTE)


def _grow_data(go_on):
    with Path(os.environ["FAULT_FILE"]).open("a") as file:
        file.write("8,9\n" * 50)
    return go_on()


FAULTS = {
    "kill -9 of the node": _kill_node,
    "kill -9 of its worker": _kill_worker,
    "kill -9 of the command": _kill_command,
    "kill -9 of everything": _kill_everything,
    "SIGTERM": _stop_command,
    "disk full": _fill_disk,
    "memory limit": _fill_memory,
    "data grows": _grow_data,
}


def _await_the_end():
    while True:
        signal.pause()


def _parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _is_child(proc, parent):
    try:
        return _parent_of(proc.name) == parent
    except OSError:
        return False
