import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
IMAGE = ROOT / "scripts" / "image"


def entries(path):
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


def pins(name):
    text = (ROOT / name).read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, flags=re.MULTILINE))


@pytest.mark.parametrize("name", ["excluded.txt", "excluded-cpu.txt", "excluded-gpu.txt"])
def test_what_is_left_out_is_in_the_lock(name):
    assert set(entries(IMAGE / name)) <= set(pins("requirements.lock"))


def test_nothing_is_left_out_twice():
    names = entries(IMAGE / "excluded.txt")
    assert len(names) == len(set(names))


def test_what_tidemill_asks_for_itself_is_not_left_out():
    asked = re.findall(r'^    "([a-z0-9-]+)[\[>~=]', (ROOT / "setup.py").read_text(), re.MULTILINE)
    assert len(asked) > 30
    assert not set(asked) & set(entries(IMAGE / "excluded.txt"))


def test_the_slim_tensorflow_is_of_the_same_version():
    assert pins("requirements-cpu.lock") == {
        "tensorflow-cpu": pins("requirements.lock")["tensorflow"]
    }


def test_the_gpu_lock_adds_nvidia_s_libraries_and_moves_nothing():
    gpu = pins("requirements-gpu.lock")
    assert {"nvidia-cudnn-cu12", "nvidia-cublas-cu12", "nvidia-nccl-cu12"} <= set(gpu)
    assert not set(gpu) & set(pins("requirements.lock"))


@pytest.mark.parametrize("data", ["penguin/data/train", "external/csv/data.csv"])
def test_the_data_of_the_examples_is_kept(data):
    file = Path("tfx/components/testdata", data)
    for pattern in entries(IMAGE / "pruned.txt"):
        # `**/tests` of the shell also fits a folder at the top.
        wanted = pattern.removeprefix("**/")
        assert not any(part.match(wanted) for part in (file, *file.parents)), pattern
