"""Stands in for google-cloud-aiplatform, which the image leaves out.

`tfx.v1`, which use cases import, imports it for components that run on Vertex AI: 170 MB on disk,
and at every start 2 s and 160 MB of memory.
"""

from __future__ import annotations


class _Absent:
    """A name of the package: TFX may look at it while it is imported, but not use it."""

    def __getattr__(self, name: str) -> _Absent:
        return __getattr__(name)

    def __call__(self, *_args: object, **_kwargs: object) -> None:
        raise ModuleNotFoundError(
            "google-cloud-aiplatform is not in Tidemill's image; add it in a layer of your own"
        )


def __getattr__(name: str) -> _Absent:
    if name.startswith("__"):
        raise AttributeError(name)
    return _Absent()
