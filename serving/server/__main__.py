"""Entry point of `python -m serving.server`."""

import logging
import os
import sys

from serving.server import lean_tensorflow

lean_tensorflow.install()

from serving.server.main import main  # noqa: E402  TensorFlow comes after the lean import

status = main(sys.argv[1:])
logging.shutdown()
sys.stdout.flush()
# At once: a thread inside TensorFlow can neither be stopped nor awaited, and TensorFlow needs a
# second to take itself down.
os._exit(status)
