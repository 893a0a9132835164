"""Packs folders as layers of a docker archive, for `docker load` and `ctr images import`.

    python -m scripts.image.archive layer OUT.tar FOLDER PREFIX
    python -m scripts.image.archive image OUT.tar DOCKERFILE NAME LAYER.tar...

The first packs a folder's files, to lie at PREFIX of the image; the second puts layers, the lowest
first, and the settings of the Dockerfile's last stage together. Variables of the environment give
its build arguments their values.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shlex
import sys
import tarfile
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LONG_AGO = 315532800  # 1980, the earliest time that a zip file can hold
_CHUNK = 1 << 20


def main(arguments: Sequence[str]) -> int:
    """Runs one of the two commands; returns the exit status."""
    match arguments:
        case ["layer", out, folder, prefix]:
            pack_layer(Path(out), Path(folder), prefix)
        case ["image", out, dockerfile, name, *layers]:
            config = image_config(Path(dockerfile).read_text(encoding="utf-8"), os.environ)
            pack_image(Path(out), config, name, [Path(layer) for layer in layers])
        case _:
            sys.stderr.write(f"{__doc__}")
            return 2
    return 0


def pack_layer(out: Path, folder: Path, prefix: str) -> None:
    """Writes a folder as a layer: the same files make the same bytes, whenever they were written.

    Args:
        out: The tar file to write.
        folder: What to pack.
        prefix: Where it lies in the image, relative to the root; `.` for the root itself.
    """
    with tarfile.open(out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        tar.add(folder, arcname=prefix, filter=_without_time_and_names)


def pack_image(out: Path, config: dict[str, Any], name: str, layers: Sequence[Path]) -> None:
    """Writes layers and settings as a docker archive.

    Args:
        out: The archive to write.
        config: The image's settings, as `image_config` returns them.
        name: The image's name, with its tag.
        layers: Tar files of `pack_layer`, the lowest first.
    """
    digests = [_digest(layer) for layer in layers]
    image = _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]},
        }
    )
    image_file = f"{hashlib.sha256(image).hexdigest()}.json"
    paths = [f"{digest}/layer.tar" for digest in digests]
    manifest = _json([{"Config": image_file, "RepoTags": [name], "Layers": paths}])
    with tarfile.open(out, mode="w") as archive:
        for path, content in ((image_file, image), ("manifest.json", manifest)):
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for layer, path in zip(layers, paths, strict=True):
            archive.add(layer, arcname=path, filter=_without_time_and_names)


def image_config(dockerfile: str, arguments: Mapping[str, str]) -> dict[str, Any]:
    """Returns the settings of a Dockerfile's last stage, as an image's configuration has them.

    Args:
        dockerfile: Text of the Dockerfile.
        arguments: Values of build arguments, where they are not to have their defaults.
    """
    config: dict[str, Any] = {}
    values: dict[str, str] = {}
    for instruction, written in instructions(dockerfile):
        rest = Template(written).safe_substitute(values)
        match instruction:
            case "FROM":
                config = {"Env": [], "Labels": {}}
            case "ARG":
                name, _, default = rest.partition("=")
                values[name] = arguments.get(name, default or values.get(name, ""))
            case "ENV":
                config["Env"] += shlex.split(rest)
            case "LABEL":
                config["Labels"].update(pair.split("=", 1) for pair in shlex.split(rest))
            case "USER":
                config["User"] = rest
            case "WORKDIR":
                config["WorkingDir"] = rest
            case "CMD":
                config["Cmd"] = json.loads(rest)
            case _:
                pass
    return config


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Returns the instructions of a Dockerfile, each with its arguments on one line."""
    text = re.sub(r"^\s*#.*\n", "", dockerfile, flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines if line.strip()]


def _without_time_and_names(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.mtime = _LONG_AGO
    entry.uname = entry.gname = ""
    return entry


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
