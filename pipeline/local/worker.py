"""The process that forks: it imports once what nodes need, then runs each node in a fork.

    python -m pipeline.local.worker HOME RUN_ID [--lean] [--metadata-service HOST:PORT]

It reads requests from standard input and answers on standard output (`pipeline.local.messages`).
It has no display, no threads, no gRPC and no open connection to ML Metadata, and it never
executes a TensorFlow operation: any of these can make a forked child hang.

A lean worker (`pipeline.lean_imports`) compiles the pipeline, answers from the cache and executes
light nodes; it starts in half a second. A full worker executes every node; it costs seconds and a
gigabyte, and is started only when the cache has no answer, or at once where there is no cache yet.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any, TextIO

from pipeline import beam_memo, lean_imports
from pipeline.local.death import cause_of_death, exit_status_of, oom_kills
from pipeline.local.messages import NodeResult, Outcome, Ready, Refused, Reply, encode_reply
from pipeline.local.node_process import cause_of, run_node
from pipeline.places import Home

_GRACE_SECONDS = 10.0


class Worker:
    """Forks a process for each node that it is asked to launch.

    Args:
        home: Where state lies.
        run_id: The run that this worker serves.
        replies: Where answers go.
        lean: Whether it compiles the pipeline and executes light nodes alone.
    """

    def __init__(self, home: Home, run_id: str, replies: TextIO, *, lean: bool) -> None:
        self._folder = home.run(run_id)
        self._home = home
        self._replies = replies
        self._lean = lean
        self._nodes: dict[int, str] = {}
        self._oom_kills = oom_kills()
        self._stopping = False
        self._events = selectors.DefaultSelector()
        self._input = b""
        self._pipeline: Any = None

    def serve(self) -> None:
        """Works until its standard input closes or SIGTERM tells it to stop."""
        self._watch()
        # What every fork needs is imported before the first, else each would import it again.
        import pipeline.local.connection
        import pipeline.local.node_launch  # noqa: F401  both imported for the forks
        from pipeline.local.housekeeping import fail_abandoned, put_in_order

        if not self._lean:
            self._reply(Ready({}))
        elif self._home.metadata_service:
            # One task of a larger run, which others begin and end.
            self._reply(self._bind())
        else:
            put_in_order(self._home, self._folder)
            self._reply(self._compile())
        while not self._stopping or self._nodes:
            self._handle_events(timeout=None)
        if self._lean:
            # The last of a run's workers, which forks no more: it may open a connection.
            fail_abandoned(self._home, self._folder, self._node_ids())

    def _compile(self) -> Ready:
        """Compiles the pipeline, for the full worker too; returns what the runner must know."""
        from pipeline.compiling import compile_pipeline
        from pipeline.dag import Locations
        from pipeline.request import RunRequest
        from pipeline.use_case import UseCase

        request = RunRequest.load(self._folder.request)
        locations = Locations(
            data=request.data,
            artifacts=str(self._home.artifacts / request.config.name),
            model_store=str(request.model_store),
            curated_schema=request.curated_schema,
            spans=request.spans,
        )
        compiled = compile_pipeline(
            request.config, UseCase.open(request.use_case), locations, self._folder.run_id
        )
        return self._ready(compiled)

    def _bind(self) -> Ready:
        """Does what `_compile` does, for nodes that were compiled earlier."""
        from pipeline.compiling import bind_task
        from pipeline.request import TaskRequest

        return self._ready(bind_task(TaskRequest.load(self._folder.request), self._folder.run_id))

    def _ready(self, compiled: Any) -> Ready:
        from pipeline.compiling import upstream_nodes
        from pipeline.fingerprint import executor_paths

        self._folder.compiled.write_bytes(compiled.SerializeToString(deterministic=True))
        self._pipeline = compiled
        paths = executor_paths(compiled)
        light = [node for node, path in paths.items() if path in lean_imports.LEAN_EXECUTORS]
        return Ready(upstream_nodes(compiled), tuple(light))

    def _node_ids(self) -> frozenset[str]:
        nodes = self._pipeline.nodes if self._pipeline else ()
        return frozenset(node.pipeline_node.node_info.id for node in nodes)

    def _load(self) -> None:
        """Loads what the lean worker compiled, and imports all executors, before the first fork."""
        from tfx.proto.orchestration import pipeline_pb2

        from pipeline.fingerprint import executor_paths

        self._pipeline = pipeline_pb2.Pipeline.FromString(self._folder.compiled.read_bytes())
        for path in executor_paths(self._pipeline).values():
            try:
                importlib.import_module(path.rpartition(".")[0])
            except Exception:  # noqa: BLE001  the node that needs it will fail with this cause
                traceback.print_exc()
        if "apache_beam" in sys.modules:
            beam_memo.install()

    def _watch(self) -> None:
        """Turns signals into something to select on: no handler changes what is under way."""
        read_end, write_end = os.pipe()
        os.set_blocking(write_end, False)
        os.set_blocking(read_end, False)
        signal.set_wakeup_fd(write_end)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self._end_if_idle())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._events.register(read_end, selectors.EVENT_READ, self._on_signal)
        self._events.register(sys.stdin.fileno(), selectors.EVENT_READ, self._on_input)

    def _end_if_idle(self) -> None:
        """Ends a full worker without nodes at once: imports take seconds and handle no events."""
        if not self._lean and not self._nodes:
            os._exit(0)

    def _handle_events(self, timeout: float | None) -> None:
        for key, _ in self._events.select(timeout):
            key.data(key.fd)

    def _on_signal(self, fd: int) -> None:
        # While stopping, an inner round of events may have read what this one was called for.
        with contextlib.suppress(BlockingIOError):
            if signal.SIGTERM in os.read(fd, 256):
                self._stop()
        self._collect()

    def _on_input(self, fd: int) -> None:
        received = os.read(fd, 65536)
        if not received:
            if fd in self._events.get_map():
                self._events.unregister(fd)
            self._stop()
            return
        *lines, self._input = (self._input + received).split(b"\n")
        for line in lines:
            request = json.loads(line)
            self._fork(request["launch"], cache_only=not request["execute"])

    def _fork(self, node: str, *, cache_only: bool) -> None:
        if self._pipeline is None:
            self._load()
        parent = os.getpid()
        self._folder.result(node).unlink(missing_ok=True)
        sys.stdout.flush()
        sys.stderr.flush()
        # What is loaded stays loaded: no collection in any child has to look at it again.
        gc.freeze()
        pid = os.fork()
        if pid:
            self._nodes[pid] = node
            return
        status = 1
        try:
            # Held by a node, the pipe would hide from the runner that its worker was killed.
            self._replies.close()
            gc.enable()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if self._lean and not cache_only:
                lean_imports.prepare_execution()
            run_node(
                self._pipeline,
                node,
                self._folder,
                self._home,
                parent,
                cache_only=cache_only,
            )
            status = 0
        except BaseException as error:  # noqa: BLE001  SystemExit too: this process ends here
            status = exit_status_of(error)
            _write_out(traceback.format_exc())
        finally:
            _write_out()
            os._exit(status)

    def _collect(self) -> None:
        """Reports every child that has ended."""
        while self._nodes:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            node = self._nodes.pop(pid, None)
            if node is not None:
                self._reply(self._result(node, status))

    def _result(self, node: str, status: int) -> NodeResult:
        path = self._folder.result(node)
        if path.exists():
            return NodeResult.from_json(path.read_text(encoding="utf-8"))
        kills = oom_kills()
        cause = cause_of_death(status, out_of_memory=kills > self._oom_kills)
        self._oom_kills = kills
        return NodeResult(node, Outcome.FAILED, cause)

    def _stop(self) -> None:
        """Interrupts every child, and kills those that do not end within the grace period."""
        if self._stopping:
            return
        self._stopping = True
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_SECONDS
        while self._nodes and (left := deadline - time.monotonic()) > 0:
            self._handle_events(timeout=left)
        self._signal_all(signal.SIGKILL)

    def _signal_all(self, signum: int) -> None:
        for pid in self._nodes:
            os.kill(pid, signum)

    def _reply(self, reply: Reply) -> None:
        try:
            self._replies.write(encode_reply(reply) + "\n")
            self._replies.flush()
        except BrokenPipeError:
            self._stop()


def _write_out(text: str = "") -> None:
    """Writes to the log, if it can be written; an error would keep the process from ending."""
    with contextlib.suppress(OSError):
        sys.stderr.write(text)
        sys.stdout.flush()
        sys.stderr.flush()


def main() -> None:
    """Runs a worker on this process's standard input and output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("run_id")
    parser.add_argument("--lean", action="store_true")
    parser.add_argument("--metadata-service")
    arguments = parser.parse_args()
    # As Python's documentation of gc.freeze advises for a process that forks; it also takes a
    # quarter off the imports, which make a million objects and no garbage.
    gc.disable()
    # Libraries print; what they print must not end up between replies.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if arguments.lean:
        lean_imports.install()
    home = Home(arguments.home, arguments.metadata_service)
    worker = Worker(home, arguments.run_id, replies, lean=arguments.lean)
    try:
        worker.serve()
    except Exception as error:  # noqa: BLE001  reported to the runner, which has the terminal
        text = traceback.format_exc()
        sys.stderr.write(text)
        replies.write(encode_reply(Refused(cause_of(error, home), text)) + "\n")
        replies.flush()
        sys.exit(1)
    sys.stderr.flush()
    # Nothing is left to do, and taking TensorFlow apart would take a while.
    os._exit(0)


if __name__ == "__main__":
    main()
