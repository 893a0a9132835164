"""Imports the few parts of TensorFlow that a server needs, without the rest.

`import tensorflow` runs the `__init__` of the whole public API: 3.3 CPU-seconds and 700 MB, nearly
all of it for building and training models. A server loads a graph and runs it. After `install()`
the package `tensorflow` is *bare*: its submodules import as usual, its `__init__` does not run.
Measured with TensorFlow 2.21: 0.8 CPU-seconds and 400 MB.

It has to come before anything imports TensorFlow, its messages (`tensorflow.core`) included; so it
is for a process that is a server and nothing else. `serving.server.runtime` works with either.
"""

from __future__ import annotations

import sys

from serving.bare_packages import BareFinder

_BARE = frozenset({"tensorflow", "tensorflow.core"})
_FINDER = BareFinder(_BARE)


def install() -> None:
    """Makes this process import TensorFlow leanly from here on.

    Raises:
        RuntimeError: TensorFlow is already imported, so that it is too late.
    """
    if "tensorflow" in sys.modules:
        raise RuntimeError("a lean import of TensorFlow must come before every other one")
    sys.meta_path.insert(0, _FINDER)


def uninstall() -> None:
    """Makes the next `import tensorflow` import all of it."""
    if _FINDER in sys.meta_path:
        sys.meta_path.remove(_FINDER)
        for name in _BARE:
            sys.modules.pop(name, None)
