"""What a gRPC client makes of servers that are broken."""

import asyncio
import socket

import pytest

from serving.client import Code, ServingError, connect_async


def test_a_call_that_a_client_was_closed_under_is_an_error_of_the_family():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"

        async def call():
            client = connect_async(address, "m", "grpc")
            asked = asyncio.ensure_future(client.status())
            await asyncio.sleep(0)
            await client.close()
            await asked

        with pytest.raises(ServingError, match="the client is closed") as caught:
            asyncio.run(call())
    assert caught.value.code is Code.FAILED_PRECONDITION


def test_a_call_that_is_cancelled_stays_so():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"

        async def call():
            async with connect_async(address, "m", "grpc") as client:
                asked = asyncio.ensure_future(client.status())
                await asyncio.sleep(0)
                asked.cancel()
                await asked

        with pytest.raises(asyncio.CancelledError):
            asyncio.run(call())
