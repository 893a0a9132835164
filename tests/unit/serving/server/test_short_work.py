import asyncio
import time

import pytest

from serving.server.short_work import ShortWork


def test_work_is_done_in_its_order_and_failures_reach_whoever_asked():
    done = []

    def work(number):
        done.append(number)
        if number == 1:
            raise ZeroDivisionError
        return -number

    async def ask():
        lane = ShortWork()
        asked = [lane.run(lambda number=number: work(number)) for number in range(3)]
        return await asyncio.gather(*asked, return_exceptions=True)

    first, second, third = asyncio.run(ask())
    assert done == [0, 1, 2]
    assert (first, third) == (0, -2)
    assert isinstance(second, ZeroDivisionError)


def test_the_loop_gets_its_turn_however_much_waits():
    done, seen = [], []

    def work():
        end = time.perf_counter() + 0.0005
        while time.perf_counter() < end:
            pass
        done.append(None)

    async def watch():
        while len(done) < 20:
            seen.append(len(done))
            await asyncio.sleep(0)

    async def ask():
        lane = ShortWork()
        await asyncio.gather(watch(), *(lane.run(work) for _ in range(20)))

    asyncio.run(ask())
    # Two pieces, or one on a busy machine, for each look.
    assert len(set(seen)) >= 10


def test_what_nobody_waits_for_any_more_is_not_done():
    async def leave():
        lane, done = ShortWork(), []
        left = asyncio.ensure_future(lane.run(lambda: done.append("left")))
        stayed = asyncio.ensure_future(lane.run(lambda: done.append("stayed")))
        asyncio.get_running_loop().call_soon(left.cancel)
        with pytest.raises(asyncio.CancelledError):
            await left
        await stayed
        return done

    assert asyncio.run(leave()) == ["stayed"]
