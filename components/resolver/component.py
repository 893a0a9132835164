"""Interface of the Resolver that finds the baseline."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.common import resolver
from tfx.types import standard_artifacts

from components.resolver.latest_pushed import LatestPushedModelStrategy

NODE_ID = "LatestPushedModel"


def latest_pushed_model(candidate: types.BaseChannel) -> resolver.Resolver:
    """Returns the node whose output `model` is the baseline; empty before the first push.

    Its output `pushed_model` is empty too, unless the baseline's files are gone: then it is the
    push of that model. Its output `earlier_pushes` is what Pusher needs to know of a candidate that
    was pushed before.

    Args:
        candidate: Channel of the Model under evaluation, which is never its own baseline.
    """
    return resolver.Resolver(
        strategy_class=LatestPushedModelStrategy,
        candidate=candidate,
        model=types.Channel(type=standard_artifacts.Model),
        pushed_model=types.Channel(type=standard_artifacts.PushedModel),
        blessing=types.Channel(type=standard_artifacts.ModelBlessing),
        earlier_pushes=types.Channel(type=standard_artifacts.PushedModel),
    ).with_id(NODE_ID)
