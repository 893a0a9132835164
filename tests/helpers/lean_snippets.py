"""Runs snippets with lean imports: in processes forked from one that has TFX's DSL already.

    python lean_snippets.py < REQUESTS > ANSWERS

reads and writes a line of JSON for each snippet. Only what belongs to TFX is imported before: a
snippet can tell what the project's own modules import.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path

from pipeline import lean_imports

ROOT = Path(__file__).resolve().parents[2]
SHARED = (
    "google.protobuf.wrappers_pb2",
    "tfx.dsl.compiler.compiler",
    "tfx.types.standard_artifacts",
)


class LeanProcess:
    """The process that others are forked from."""

    def __init__(self):
        path = os.pathsep.join([str(ROOT), str(ROOT / "examples")])
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            env={**os.environ, "PYTHONPATH": path},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, snippet, *arguments):
        """Runs a snippet that calls `answer(value)` once; returns the value."""
        self._process.stdin.write(json.dumps([snippet, arguments, dict(os.environ)]) + "\n")
        self._process.stdin.flush()
        status, answer, said = json.loads(self._process.stdout.readline())
        assert status == 0, said
        return json.loads(answer)

    def close(self):
        self._process.communicate()


def _serve():
    lean_imports.install()
    for name in SHARED:
        import_module(name)
    for line in sys.stdin:
        with tempfile.TemporaryFile("w+") as answer, tempfile.TemporaryFile("w+") as said:
            child = os.fork()
            if not child:
                _run(*json.loads(line), answer, said)
            _, status = os.waitpid(child, 0)
            texts = [file.seek(0) or file.read() for file in (answer, said)]
            sys.stdout.write(json.dumps([status, *texts]) + "\n")
            sys.stdout.flush()


def _run(snippet, arguments, environment, answer, said):
    for output in (1, 2):
        os.dup2(said.fileno(), output)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = arguments
    names = {"__name__": "__main__", "json": json, "sys": sys, "lean_imports": lean_imports}
    names["answer"] = lambda value: json.dump(value, answer)
    status = 1
    try:
        exec(compile(snippet, "<snippet>", "exec"), names)  # noqa: S102 - of a test
        status = 0
    except BaseException:  # noqa: BLE001 - whatever it is, the test shall tell
        traceback.print_exc()
    finally:
        for file in (answer, sys.stdout, sys.stderr):
            file.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve()
