"""`tf.Example` without TensorFlow, whose import takes seconds."""

from __future__ import annotations

import sys
from importlib import import_module

from serving.bare_packages import BareFinder

PACKAGE = "tensorflow.core.example"


def _without_tensorflow():
    finder = BareFinder({"tensorflow", "tensorflow.core"})
    sys.meta_path.insert(0, finder)
    try:
        import_module(f"{PACKAGE}.example_pb2")
        return sys.modules[PACKAGE]
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.partition(".")[0] == "tensorflow"]:
            del sys.modules[name]  # who imports TensorFlow later gets all of it


package = sys.modules[PACKAGE] if PACKAGE in sys.modules else _without_tensorflow()
Example = package.example_pb2.Example
