"""TensorFlow's own TFRecords beside ours."""

from __future__ import annotations

import tensorflow as tf

from serving.tfrecords import framed

CONTENTS = [b"first", b"", b"x" * 70_000, b"last"]


def test_tensorflow_reads_and_writes_the_same(tmp_path):
    path = tmp_path / "data"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for content in CONTENTS:
            writer.write(content)

    assert path.read_bytes() == framed(CONTENTS)
