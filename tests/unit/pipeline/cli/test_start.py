"""What the command line imports, and how it ends, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
HEAVY = {"tensorflow", "tfx", "keras", "apache_beam", "pandas", "numpy", "grpc", "ml_metadata"}
REPORT = "import json, sys; print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"


def run(code, **options):
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        **options,
    )


def imported(code):
    return set(json.loads(run(f"{code}\n{REPORT}").stdout.splitlines()[-1]))


def test_help_imports_click_alone():
    modules = imported("from pipeline.cli.main import main; main(['--help'])")

    assert "click" in modules
    assert not modules & (HEAVY | {"pydantic", "yaml", "rich"})


def test_a_dry_run_imports_nothing_heavy():
    modules = imported(
        "from pipeline.cli.main import main\n"
        "assert main(['run', 'examples/taxi', '--dry-run']) == 0"
    )

    assert "pydantic" in modules
    assert not modules & HEAVY


def test_showing_a_schema_imports_neither_tensorflow_nor_tfx(tmp_path):
    modules = imported(
        "from pipeline.cli.main import main\n"
        "assert main(['schema', '--help']) == 0\n"
        f"assert main(['schema', 'show', 'examples/taxi', '--home', {str(tmp_path)!r}]) == 0"
    )

    assert "tensorflow_metadata" in modules
    assert not modules & HEAVY


def test_the_data_of_an_example_is_found_without_importing_its_package():
    modules = imported(
        "from pathlib import Path\n"
        "from pipeline.config.loading import load_config\n"
        "from pipeline.config.paths import resolve_data_path\n"
        "folder = Path('examples/taxi')\n"
        "assert Path(resolve_data_path(load_config(folder), folder)).exists()"
    )

    assert not modules & HEAVY


def test_a_reader_that_goes_away_is_not_an_error():
    code = (
        "import sys, click\n"
        "from types import ModuleType\n"
        "from pipeline.cli.lazy_group import LazyCommand\n"
        "from pipeline.cli.main import cli, main\n"
        "module = ModuleType('acting')\n"
        "module.act = click.command('act')(lambda: [click.echo('x' * 999) for _ in range(999)])\n"
        "sys.modules['acting'] = module\n"
        "cli._lazy['act'] = LazyCommand('acting', 'act', '')\n"
        "sys.exit(main(['act']))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()

    assert (process.returncode, errors) == (141, "")
