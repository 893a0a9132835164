import asyncio

from serving.server import server
from serving.server.flags import ServerFlags
from serving.server.server import ModelServer


def test_a_server_that_drains_looks_at_the_config_file_no_more(tmp_path, monkeypatch):
    file = tmp_path / "models.config"
    file.write_text("model_config_list {}")
    looks = []

    class Poll:
        def __init__(self, *arguments):
            assert arguments[::2] == (str(file), 7)

        def start(self):
            looks.append("start")

        def stop(self):
            looks.append("stop")

    async def serve():
        stop = asyncio.Event()
        stop.set()
        flags = ServerFlags(
            port=0,
            rest_api_port=-1,
            bind_address="127.0.0.1",
            model_config_file=str(file),
            model_config_file_poll_wait_seconds=7,
        )
        await ModelServer(flags)._serve(stop)

    monkeypatch.setattr(server, "ConfigPoll", Poll)
    asyncio.run(serve())
    assert looks == ["start", "stop"]
