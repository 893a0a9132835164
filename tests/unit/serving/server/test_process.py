import sys
from pathlib import Path

import pytest

from serving.errors import ServerStartError
from serving.server.process import ServerProcess, server_environment


@pytest.fixture
def impostor(tmp_path, monkeypatch):
    """Puts a script in the place of the server; it finds its flags in `sys.argv`."""
    python = sys.executable

    def install(script):
        path = tmp_path / "python"
        path.write_text(f"#!{python} -SE\nimport os, sys\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(path))
        return tmp_path / "logs" / "server.log"

    return install


def test_the_ports_that_the_server_reports_are_known_after_the_start(impostor, tmp_path):
    script = """ready = next(flag for flag in sys.argv if flag.startswith("--ready_fd="))
os.write(int(ready.partition("=")[2]), b'{"grpc": 7, "rest": 8, "pid": 9}\\n')
sys.stdin.read()"""
    with ServerProcess("m", tmp_path, impostor(script)) as server:
        assert (server.grpc_port, server.rest_port) == (7, 8)
        assert server.rest_address == "127.0.0.1:8"
        assert server.pid > 0
    assert server.pid == 0


def test_a_server_that_ends_is_reported_with_its_last_words(impostor, tmp_path):
    script = "print('I0000 00:00 cpu.cc:1] chatter'); sys.exit('no such model')"
    server = ServerProcess("m", tmp_path, impostor(script))
    with pytest.raises(ServerStartError, match="no such model") as caught:
        server.start()
    assert "chatter" not in caught.value.message
    assert str(server.log_path) in caught.value.message
    assert server.pid == 0


def test_a_server_that_stays_silent_is_ended(impostor, tmp_path):
    server = ServerProcess("m", tmp_path, impostor("sys.stdin.read()"), load_timeout_s=0.05)
    with pytest.raises(ServerStartError, match=r"within 0\.05 s"):
        server.start()
    assert server.pid == 0


def test_the_environment_finds_our_package_first(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/theirs")
    environment = server_environment()
    ours, theirs = environment["PYTHONPATH"].split(":")
    assert theirs == "/theirs"
    assert (Path(ours) / "serving" / "server").is_dir()
