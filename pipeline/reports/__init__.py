"""Reports for people: what happened in a run, as HTML."""
