"""The nodes of the pipeline: one folder each, in the order in which data flows."""
