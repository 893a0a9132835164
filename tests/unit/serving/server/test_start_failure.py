from serving.server.start_failure import start_failure


def test_the_end_of_the_log_tells_why_without_what_every_start_says(tmp_path):
    log = tmp_path / "server.log"
    chatter = "I0000 00:00:1795265196.1 1 port.cc:153] oneDNN custom operations are on\n"
    log.write_text("first\n" + "more\n" * 20 + chatter + "Op type not registered\n")

    lines = start_failure("taxi", "ended", log).message.splitlines()

    assert lines[0] == f"the model server for taxi ended. The end of its log ({log}):"
    assert lines[-1] == "  Op type not registered"
    assert len(lines) == 16
    assert "oneDNN" not in "".join(lines)


def test_a_server_that_never_wrote_has_no_log(tmp_path):
    assert start_failure("taxi", "ended", tmp_path / "none").message.startswith("the model server")
