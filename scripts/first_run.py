"""What `make run` does: run the taxi pipeline, serve its model, ask it over REST and gRPC."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from pipeline.cli.main import main as tidemill
from serving.errors import ServerStartError
from serving.server.process import ServerProcess

_HOME = Path(".tidemill")
_MODEL = "taxi"
_TRIPS = Path("examples/taxi/trips.json")


def main() -> int:
    """Returns the exit status of the first step that does not succeed, or 0."""
    status = tidemill(["run", "examples/taxi", "--home", str(_HOME)])
    if status:
        return status
    store = _HOME / "models" / _MODEL
    log = _HOME / "server.log"
    try:
        with ServerProcess(_MODEL, store.absolute(), log) as server:
            status = _ask("--rest", server.rest_address) or _ask("--grpc", server.grpc_address)
    except ServerStartError as error:
        _say(f"make run: {error}")
        return 1
    if status:
        return status
    _say(
        "",
        f"models:   {store}/<version>",
        f"runs:     {_HOME}/runs (`.venv/bin/tidemill status` lists them)",
        f"serve it: .venv/bin/tidemill serve {_MODEL}",
    )
    return 0


def _ask(protocol: str, address: str) -> int:
    words = ["predict", _MODEL, "--input", str(_TRIPS), protocol, "--server", address]
    _say("", f"$ tidemill {shlex.join(words)}")
    command = [sys.executable, "-m", "pipeline.cli", *words]
    return subprocess.run(command, check=False).returncode


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
