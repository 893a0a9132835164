from serving.server.pace import Pace


def test_a_signature_is_quick_after_twenty_short_runs_and_until_a_long_one():
    pace = Pace()
    for _ in range(19):
        pace.note(0.0001)
    assert not pace.is_quick
    pace.note(0.0001)
    assert pace.is_quick
    pace.note(0.0001)
    pace.note(0.5)
    assert not pace.is_quick
    for _ in range(20):
        pace.note(0.0001)
    assert pace.is_quick


def test_a_signature_that_is_sometimes_long_is_not_quick():
    pace = Pace()
    for number in range(100):
        pace.note(0.0001 if number % 10 else 0.002)
        assert not pace.is_quick
