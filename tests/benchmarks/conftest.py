import faulthandler

import pytest


@pytest.fixture(autouse=True)
def _any_time():
    """A benchmark takes longer than tests, whose stacks are dumped after a while, may take."""
    faulthandler.cancel_dump_traceback_later()
