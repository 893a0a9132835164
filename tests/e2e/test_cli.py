"""What a person sees of the command before, during and after a run."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TAXI = ROOT / "examples" / "taxi"
HEAVY = {"tensorflow", "tfx", "apache_beam", "keras", "tensorflow_model_analysis"}
CHATTER = re.compile(
    r"tensorflow|absl|beam|cuda|onednn|warning|[IWE]0000 |\w+\.py:\d+", re.IGNORECASE
)


def test_a_dry_run_prints_configuration_and_nodes_without_the_heavy_libraries():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pipeline.cli", "run", TAXI, "--dry-run"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}

    assert "pydantic" in imported
    assert {name.partition(".")[0] for name in imported} & HEAVY == set()
    for expected in ("big_tip", "ExampleGen", "Tuner", "Pusher"):
        assert expected in done.stdout


def test_a_wrong_key_is_named_with_its_file_and_line(command, tmp_path):
    folder = tmp_path / "taxi"
    folder.mkdir()
    text = (TAXI / "pipeline.yaml").read_text()
    for name in ("model.py", "preprocessing.py"):
        (folder / name).write_text((TAXI / name).read_text())
    wrong = text.replace("  patience: 2", "  patiense: 2")
    (folder / "pipeline.yaml").write_text(wrong)
    line = wrong.splitlines().index("  patiense: 2") + 1
    done = command("run", folder, "--home", tmp_path / "home")

    assert done.status == 2
    assert f"{folder / 'pipeline.yaml'}:{line}" in done.stderr
    assert "patiense" in done.stderr
    assert "patience" in done.stderr
    assert not (tmp_path / "home").exists()


def test_a_terminal_shows_a_live_table_of_all_nodes(taxi):
    table = taxi.screen.partition("succeeded")[0]

    # Nodes that take less time than the table's next picture are never seen running.
    for node in ("StatisticsGen", "Transform", "Tuner", "Trainer", "Evaluator"):
        assert re.search(rf"\b{node} +running +\d", table), node
    for node in taxi.record["nodes"]:
        assert re.search(rf"\b{node} +done +\d", table), node


def test_a_terminal_ends_with_the_pushed_version(taxi):
    last = taxi.screen.strip().splitlines()[-1]

    assert last == (
        f"run {taxi.record['run_id']} succeeded; 11 executed, 0 cached; "
        f"taxi was pushed as version {taxi.record['pushed_version']}"
    )


def test_no_library_writes_to_the_terminal(taxi):
    logs = taxi.tidemill.logs(taxi.record["run_id"])

    assert CHATTER.findall(taxi.screen) == []
    assert CHATTER.search("".join(path.read_text() for path in logs.glob("*.log")))
