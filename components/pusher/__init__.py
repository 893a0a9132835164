"""Pusher: puts a blessed model into the model store, atomically and as a new version."""
