"""Python imports this by itself at every start, where this folder is on PYTHONPATH."""

import os

if os.environ.get("FAULT_NODE"):
    import faults

    faults.install(os.environ["FAULT_NODE"], os.environ["FAULT_KIND"])
