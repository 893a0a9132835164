"""Real signals to a process that drains for ever."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
PATIENCE_S = 30
DRAINS = """
import asyncio
import uvloop
from serving.server.stop_request import listen_for_stop

async def main():
    stop = listen_for_stop(stdin=True)
    print("serving", flush=True)
    await stop.wait()
    print("draining", flush=True)
    await asyncio.Event().wait()

uvloop.run(main())
"""


@pytest.fixture
def process():
    command = [sys.executable, "-c", DRAINS]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:
        assert process.stdout.readline() == "serving\n"
        yield process
        process.kill()


@pytest.mark.conformance("better.drain")
@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM, None])
def test_the_first_request_to_stop_drains_and_ctrl_c_then_ends_the_process(process, first):
    if first is None:
        process.stdin.close()
    else:
        process.send_signal(first)
    assert process.stdout.readline() == "draining\n"
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == -signal.SIGINT
    assert process.stderr.read() == ""
