"""ExampleGen's executor beside TFX's CsvExampleGen (Beam's FnApiRunner), on the taxi CSV.

Prints rows per second, of CPU time and without imports; asserts only that both wrote all rows.
`make bench` runs it.
"""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
MEASURED = """
import json, sys, time
from pathlib import Path
from tfx.types import standard_artifacts
from components.example_gen.component import ExampleGen
from pipeline.dag import BEAM_PIPELINE_ARGS
kind, data, out = sys.argv[1:]
if kind == "Tidemill":
    from components.example_gen import csv_rows
    from components.example_gen.executor import Executor
    executor = Executor()
else:
    from tfx.components.example_gen.csv_example_gen.executor import Executor
    executor = Executor(Executor.Context(
        beam_pipeline_args=list(BEAM_PIPELINE_ARGS), tmp_dir=out + "/tmp", unique_id="1"))
properties = dict(ExampleGen(data, "csv", {"train": 2, "eval": 1}).exec_properties)
examples = standard_artifacts.Examples()
examples.uri = out + "/" + kind
began = time.process_time()
executor.Do({}, {"examples": [examples]}, properties)
sys.stdout.write(json.dumps(time.process_time() - began))
"""


def cpu_seconds(kind, data, out):
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, kind, str(data), str(out)],
        env={**environment, "PYTHONPATH": str(PROJECT)},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def written(folder):
    from serving.tfrecords import read_records

    count = 0
    for path in folder.rglob("*.gz"):
        with path.open("rb") as file:
            count += sum(1 for _ in read_records(file))
    return count


@pytest.mark.parametrize("rows", [10_000, 200_000])
def test_csv_beside_tfx(rows, tmp_path):
    import tfx

    source = Path(tfx.__file__).parent / "components/testdata/external/csv/data.csv"
    header, *trips = source.read_text().splitlines(keepends=True)
    data = tmp_path / "trips.csv"
    with data.open("w") as file:
        file.write(header)
        file.writelines(itertools.islice(itertools.cycle(trips), rows))
    seconds = {kind: cpu_seconds(kind, data, tmp_path) for kind in ("TFX", "Tidemill")}
    assert {kind: written(tmp_path / kind) for kind in seconds} == dict.fromkeys(seconds, rows)
    lines = [
        f"{kind:<10} {rows:>8,} rows {rows / took:>9,.0f} rows/s {seconds['TFX'] / took:6.1f}"
        for kind, took in seconds.items()
    ]
    sys.stdout.write("\n" + "\n".join(lines) + "\n(the last column: against TFX)\n")
