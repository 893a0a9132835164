"""`python -m scripts.environment`: makes `.venv` unless it is whole and current already."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from scripts.environment import stamp
from scripts.environment.build import Layout, build
from scripts.environment.glibc import private_glibc_needed
from scripts.environment.locking import only_one
from scripts.environment.report import SetupError, say, warn

REBUILD_FLAG = "--rebuild-for-this-python"


def ensure_environment(layout: Layout, this_python_only: bool) -> None:
    """Builds the environment if it is missing, unfinished, damaged or made from other inputs.

    Args:
        layout: Where things are.
        this_python_only: Also build it anew if another Python than the running one made it.

    Raises:
        SetupError: It cannot be built here.
    """
    with only_one(layout.state / "lock"):
        inputs = stamp.hash_inputs(layout.root, private_glibc=private_glibc_needed())
        python = Path(sys.base_prefix) if this_python_only else None
        if stamp.is_current(layout.venv, inputs, python):
            return
        start = time.monotonic()
        build(layout)
        stamp.write(layout.venv, inputs, Path(sys.base_prefix))
        say(f"ready after {time.monotonic() - start:.0f} s")


def main() -> int:
    """Returns the exit status."""
    layout = Layout(Path(__file__).resolve().parents[2])
    try:
        ensure_environment(layout, this_python_only=REBUILD_FLAG in sys.argv[1:])
    except SetupError as error:
        warn(error)
        return 1
    except KeyboardInterrupt:
        say("\ninterrupted; the next call starts it afresh")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
