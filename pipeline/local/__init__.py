"""The local runner: every node in its own process, forked from one that has imported everything.

`runner` decides and records; `worker` is the process that forks; `node_process` is what happens
in a fork. They speak `messages` over a pipe. `node_order` holds the decisions, free of processes.
"""
