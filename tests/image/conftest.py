"""Runs commands in the image's files as a pod does that may write to /tmp alone."""

import subprocess
from pathlib import Path

import pytest

from scripts.image.archive import image_config

ROOT = Path(__file__).parents[2]
CONFIG = image_config((ROOT / "Dockerfile").read_text(), {})

# In namespaces of its own: mounts and processes end with it. An overlay keeps the tree as it is.
ENTER = """
tree=$1 state=$2 user=$3 folder=$4 extra=$5; shift 5
mkdir -p "$state/root" "$state/work" "$state/tmp"
chmod 1777 "$state/tmp"
if [ -n "$extra" ]; then lower="$extra:$tree"; else lower="$tree:$state/work"; fi
mount -t overlay overlay -o "lowerdir=$lower" "$state/root"
mount -t proc proc "$state/root/proc"
mount -t tmpfs -o mode=1777 tmpfs "$state/root/dev/shm"
for device in null zero full random urandom; do
    mount --bind "/dev/$device" "$state/root/dev/$device"
done
mount --bind "$state/tmp" "$state/root/tmp"
exec chroot "$state/root" setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups \
    --bounding-set=-all --no-new-privs sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
"""


def pytest_addoption(parser):
    parser.addoption("--tree", required=True, help="the folder that build-tree was given")


@pytest.fixture(scope="session")
def tree(request):
    tree = Path(request.config.getoption("--tree")).resolve() / "tree"
    if not (tree / "opt" / "venv").is_dir():
        pytest.exit(f"{tree}: no such tree; make one with scripts/image/build-tree", returncode=2)
    return tree


@pytest.fixture(scope="session")
def inside(tree, tmp_path_factory):
    """Returns a function that runs a command in the tree, as the image's user."""
    state = tmp_path_factory.mktemp("pod")

    def run(*command, layer=None, status=0):
        done = subprocess.run(
            [
                *(
                    "unshare",
                    "--mount",
                    "--pid",
                    "--fork",
                    "--kill-child",
                    "sh",
                    "-euc",
                    ENTER,
                    "-",
                ),
                *(tree, state, CONFIG["User"], CONFIG["WorkingDir"], layer or "", *command),
            ],
            env=dict(pair.split("=", 1) for pair in CONFIG["Env"]),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    return run
