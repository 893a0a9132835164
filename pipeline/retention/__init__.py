"""Which outputs of older runs stay, and the removal of the others.

`policy` decides, free of files and of ML Metadata; `lineage` reads the facts that it decides on;
`files` finds and removes; `cleaning` puts them together.
"""
