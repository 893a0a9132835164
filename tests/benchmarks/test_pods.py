"""What a pod costs before its node works: process start to executor start, beside stock TFX.

Each node of the taxi example runs in a task of its own, as on Kubeflow without fusing; stock TFX's
container imports its entry point before it does anything. Prints seconds, ratios, CPU-seconds (of
the stock's imports, and of each whole task) and numbers of pods; asserts only that every task
succeeded. `make bench` runs it.
"""

import os
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path

from pipeline_spec_interpreter import tasks_to_run

from pipeline.config.loading import load_config
from pipeline.kubeflow.compile import compile_for_kubeflow
from pipeline.kubeflow.task_result import TaskResult
from pipeline.use_case import UseCase

PROJECT = Path(__file__).resolve().parents[2]
TAXI = PROJECT / "examples" / "taxi"
# What stock TFX starts in a container today; its entry point for open-source Kubeflow
# (`tfx.orchestration.kubeflow.container_entrypoint`) cannot be imported any more in TFX 1.21.
STOCK = "import tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor"


def environment():
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(PROJECT)}


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def line(name, seconds, peer, cpu):
    return f"{name:<28} {seconds:6.2f} s {seconds / peer:6.2f} {cpu:6.2f} CPU-s"


def run(*command):
    began, used = time.time(), cpu_seconds()
    done = subprocess.run(
        [sys.executable, *command],
        env=environment(),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    return began, time.time() - began, cpu_seconds() - used, done


def imports(statement):
    _, seconds, cpu, done = run("-c", statement)
    assert done.returncode == 0, done.stderr[-2000:]
    return seconds, cpu


def compiled(folder, address, *settings):
    places = (
        "kubeflow.image=tidemill:bench",
        f"kubeflow.metadata={address}",
        f"kubeflow.pipeline_root={folder}/runs",
        f"kubeflow.model_store={folder}/models",
        f"kubeflow.volumes=[{{claim: tidemill, mount_path: {folder}}}]",
    )
    config = load_config(TAXI, [*places, *settings], environ={})
    return compile_for_kubeflow(UseCase.open(TAXI), config)


def test_start_of_each_node_beside_stock_tfx(tmp_path):
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{found.getsockname()[1]}"
    port = address.rpartition(":")[2]
    service = subprocess.Popen(
        [
            *(sys.executable, "-m", "pipeline.metadata.server"),
            *("--port", port, "--sqlite", tmp_path / "metadata.db"),
        ],
        cwd=PROJECT,
        stderr=subprocess.DEVNULL,
    )
    try:
        package = compiled(tmp_path, address, "kubeflow.fuse=false")
        imports(STOCK)  # bytecode and disk caches
        peer, cpu = imports(STOCK)
        lines = [line("stock TFX: imports", peer, peer, cpu)]
        for task in tasks_to_run(package.text, "bench", tmp_path / "kfp", {}):
            began, _, cpu, done = run(*task.command[1:])
            result = TaskResult.found_in(done.stdout)
            assert result is not None, done.stdout[-4000:]
            assert result.exit_status == 0, done.stdout[-4000:]
            ((node, its),) = result.nodes.items()
            if its["executor_began"]:
                lines.append(line(node, its["executor_began"] - began, peer, cpu))
        fused = compiled(tmp_path, address)
        for name, made in (("fused", fused), ("a task for each node", package)):
            tasks = len(made.tasks)
            lines.append(f"{name + ':':<28} {tasks} tasks, {2 * tasks + 1} pods")
    finally:
        service.terminate()
        service.wait()
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
