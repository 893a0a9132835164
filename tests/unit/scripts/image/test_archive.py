import hashlib
import json
import os
import tarfile

import pytest

from scripts.image import archive

DOCKERFILE = """\
ARG BASE
ARG VARIANT=cpu
FROM ${BASE} AS builder
ENV ONLY=there
# A remark; it ends \\
RUN make it

FROM builder
ARG VARIANT
ARG REVISION=unknown
LABEL a.title="For ${VARIANT}, of ${REVISION}" \\
      a.version="1"
ENV PATH=/opt/venv/bin:/bin \\
    LANG=C.UTF-8
WORKDIR /app
USER 1000:0
CMD ["tidemill", "--help"]
"""


def test_settings_are_those_of_the_last_stage():
    assert archive.image_config(DOCKERFILE, {"REVISION": "abc"}) == {
        "Env": ["PATH=/opt/venv/bin:/bin", "LANG=C.UTF-8"],
        "Labels": {"a.title": "For cpu, of abc", "a.version": "1"},
        "WorkingDir": "/app",
        "User": "1000:0",
        "Cmd": ["tidemill", "--help"],
    }


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "run").write_text("#!/bin/sh\n")
    (folder / "run").chmod(0o755)
    (folder / "link").symlink_to("run")
    return folder


def test_a_layer_holds_files_where_they_will_lie(folder, tmp_path):
    archive.pack_layer(tmp_path / "layer.tar", folder, "opt/venv")
    with tarfile.open(tmp_path / "layer.tar") as tar:
        assert {"opt/venv/run", "opt/venv/link"} < set(tar.getnames())
        assert tar.getmember("opt/venv/run").mode == 0o755
        assert tar.getmember("opt/venv/link").linkname == "run"


def test_a_layer_of_the_same_files_is_the_same_whenever_they_were_written(folder, tmp_path):
    archive.pack_layer(tmp_path / "one.tar", folder, "app")
    os.utime(folder / "run", (1, 1))
    archive.pack_layer(tmp_path / "two.tar", folder, "app")
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_an_image_names_its_layers_by_what_is_in_them(folder, tmp_path):
    layers = [tmp_path / "system.tar", tmp_path / "app.tar"]
    archive.pack_layer(layers[0], folder, ".")
    archive.pack_layer(layers[1], folder, "app")
    archive.pack_image(tmp_path / "image.tar", {"User": "1000:0"}, "localhost/x:dev", layers)
    digests = [hashlib.sha256(layer.read_bytes()).hexdigest() for layer in layers]
    with tarfile.open(tmp_path / "image.tar") as tar:
        [manifest] = json.load(tar.extractfile("manifest.json"))
        image = tar.extractfile(manifest["Config"]).read()
        contents = [tar.extractfile(path).read() for path in manifest["Layers"]]
    assert manifest["RepoTags"] == ["localhost/x:dev"]
    assert manifest["Config"] == f"{hashlib.sha256(image).hexdigest()}.json"
    assert json.loads(image)["rootfs"]["diff_ids"] == [f"sha256:{digest}" for digest in digests]
    assert json.loads(image)["config"] == {"User": "1000:0"}
    assert contents == [layer.read_bytes() for layer in layers]


def test_a_command_that_is_none_says_how_to_call_it(capsys):
    assert archive.main(["wrong"]) == 2
    assert "scripts.image.archive layer" in capsys.readouterr().err
