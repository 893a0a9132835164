"""Tidemill's whole taxi pipeline beside stock TFX's: first run and unchanged rerun.

Prints seconds and ratios; asserts only that both pushed a model. `make bench` runs it.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLES = PROJECT / "examples"


def seconds_of(*command: object) -> float:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = os.pathsep.join([str(PROJECT), str(EXAMPLES)])
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return time.monotonic() - began


def test_taxi_beside_stock_tfx(tmp_path):
    home, stock, tuned = tmp_path / "home", tmp_path / "stock", tmp_path / "tuned"
    tidemill = ("-m", "pipeline.cli", "run", EXAMPLES / "taxi", "--home", home)
    tfx = Path(__file__).with_name("stock_pipeline.py")
    seconds_of("-c", "from tfx import v1")  # bytecode and disk caches, for both alike
    seconds = {
        "Tidemill": seconds_of(*tidemill),
        "stock TFX": seconds_of(tfx, stock),
        "stock TFX, tuned": seconds_of(tfx, tuned, "--tuned"),
        "Tidemill, unchanged rerun": seconds_of(*tidemill),
        "stock TFX, unchanged rerun": seconds_of(tfx, stock),
    }
    assert list((home / "models" / "taxi").glob("[0-9]*/saved_model.pb"))
    assert list((stock / "serving").glob("*/saved_model.pb"))
    peer = seconds["stock TFX"]
    lines = [f"{name:<28} {took:6.1f} s {took / peer:6.2f}" for name, took in seconds.items()]
    sys.stdout.write("\n" + "\n".join(lines) + "\n(the last column: against stock TFX)\n")
