"""What is done around every executor."""

from __future__ import annotations

# A launch that takes over the folders of one that was killed.
SNIPPET = """
from pathlib import Path
from types import SimpleNamespace
from pipeline.local.operators import ExecutorClock, begin_clean

root = Path(sys.argv[1])
folders = [root / name for name in ("model", "stateful", "tmp")]
for folder in folders:
    (folder / "half").mkdir(parents=True)
    (folder / "half" / "written").touch()
value = root / "value"
value.touch()
before = ExecutorClock.began
begin_clean(SimpleNamespace(
    output_dict={"model": [SimpleNamespace(uri=str(folders[0]))],
                 "best": [SimpleNamespace(uri=str(value))],
                 "none": [SimpleNamespace(uri=str(root / "none"))]},
    stateful_working_dir=str(folders[1]), tmp_dir=str(folders[2])))
answer([[list(map(str, folder.iterdir())) for folder in folders], value.exists(), before,
        ExecutorClock.began > 0])
"""


def test_an_executor_begins_with_empty_folders(leanly, tmp_path):
    contents, value_is_there, before, clocked = leanly(SNIPPET, str(tmp_path))

    assert contents == [[], [], []]
    assert value_is_there
    assert before is None
    assert clocked
