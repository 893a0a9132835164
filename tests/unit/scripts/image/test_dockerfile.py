import re
from pathlib import Path

import pytest

from scripts.image.archive import image_config, instructions

ROOT = Path(__file__).parents[4]
STEPS = ROOT / "scripts" / "image" / "steps"
TEXT = (ROOT / "Dockerfile").read_text()
INSTRUCTIONS = instructions(TEXT)
CONFIG = image_config(TEXT, {})


def last_stage():
    froms = [index for index, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM"]
    return INSTRUCTIONS[froms[-1] :]


def copied():
    """Yields the sources of each COPY from the build context, with the target."""
    for name, rest in INSTRUCTIONS:
        if name == "COPY" and "--from" not in rest:
            *sources, target = rest.split()
            yield sources, target


def test_the_base_is_an_argument_without_a_default():
    assert INSTRUCTIONS[0] == ("ARG", "BASE")
    assert next(rest for name, rest in INSTRUCTIONS if name == "FROM") == "${BASE} AS system"


def test_other_stages_stand_on_the_first_one():
    bases = [rest.split()[0] for name, rest in INSTRUCTIONS if name == "FROM"]
    assert bases == ["${BASE}", "system", "system", "system"]


def test_the_user_is_a_number_and_not_root():
    users = [rest for name, rest in last_stage() if name == "USER"]
    assert [re.fullmatch(r"([1-9][0-9]*):0", user) is not None for user in users] == [True]


def test_the_user_has_the_name_and_home_that_the_steps_gave_it():
    uid = CONFIG["User"].partition(":")[0]
    assert f"tidemill:x:{uid}:0:Tidemill:/tmp:" in (STEPS / "system").read_text()
    assert "HOME=/tmp" in CONFIG["Env"]


def test_every_step_is_run_and_nothing_but_steps():
    runs = " ".join(rest for name, rest in INSTRUCTIONS if name == "RUN")
    assert {step for step in (path.name for path in STEPS.iterdir()) if step in runs} == {
        "system",
        "packages",
        "platform",
    }
    assert "apt-get" not in runs
    assert "pip" not in runs


def test_the_last_stage_runs_nothing_and_takes_only_what_was_built():
    names = [name for name, _ in last_stage()]
    assert "RUN" not in names
    assert [rest for name, rest in last_stage() if name == "COPY"] == [
        "--from=packages /opt/venv /opt/venv",
        "--from=platform /app /app",
    ]


def test_packages_come_before_code_so_that_an_edit_does_not_install_anew():
    order = [rest.split()[-1] for name, rest in INSTRUCTIONS if name in ("COPY", "RUN")]
    assert order.index("scripts/image/steps/packages") < order.index("/app/components")


@pytest.mark.parametrize("step", ["system", "packages"])
def test_debian_s_packages_come_without_those_they_recommend(step):
    installs = [line for line in (STEPS / step).read_text().splitlines() if "install" in line]
    of_apt = [line for line in installs if line.startswith("apt-get")]
    assert of_apt
    assert all("--no-install-recommends" in line for line in of_apt)


def test_the_step_of_every_stage_leaves_no_package_lists():
    assert "rm -rf /var/lib/apt/lists/*" in (STEPS / "system").read_text()


def test_what_is_copied_exists_and_is_not_ignored():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = [line[1:] for line in ignored if line.startswith("!")]
    assert "*" in ignored
    for sources, _ in copied():
        for source in sources:
            assert (ROOT / source).exists(), source
            assert any(Path(source).match(a) or source.startswith(f"{a}/") for a in allowed), source


def test_the_code_lies_where_the_fingerprint_and_the_use_cases_look_for_it():
    targets = {target for _, target in copied() if target.startswith("/app")}
    assert {"/app/components", "/app/pipeline", "/app/serving", "/app/schemas"} < targets
    assert "/app/" in targets  # requirements.lock, which pipeline.fingerprint reads
    assert "PYTHONPATH=/app" in CONFIG["Env"]


def test_the_image_says_what_it_is():
    labels = CONFIG["Labels"]
    wanted = {"title", "description", "licenses", "version", "revision"}
    assert {label.removeprefix("org.opencontainers.image.") for label in labels} == wanted


def test_the_version_is_that_of_the_package():
    version = CONFIG["Labels"]["org.opencontainers.image.version"]
    assert f'version="{version}"' in (ROOT / "setup.py").read_text()
