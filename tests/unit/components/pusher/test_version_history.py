import pytest

from components.pusher.version_history import from_newest


@pytest.mark.parametrize(
    ("restores", "expected"),
    [
        ({}, []),
        ({5: None}, [5]),
        ({2: None, 3: None, 1: None}, [3, 2, 1]),
        # What was rolled back is out.
        ({1: None, 2: None, 3: 1}, [3]),
        ({1: None, 2: None, 3: None, 4: 2}, [4, 1]),
        # A push after a rollback goes on from it.
        ({1: None, 2: None, 3: 1, 4: None}, [4, 3]),
        # Going back twice, to what is itself a rollback.
        ({1: None, 2: None, 3: None, 4: 2, 5: 1}, [5]),
        ({1: None, 2: None, 3: 1, 4: None, 5: 3}, [5]),
        # Going forward again brings all of it back.
        ({1: None, 2: None, 3: 1, 4: 2}, [4, 1]),
        # The restored version is not known any more, or nonsense.
        ({1: None, 3: None, 4: 2}, [4, 1]),
        ({1: None, 2: 2, 3: 9}, [3, 2, 1]),
    ],
)
def test_what_was_pushed_before(restores, expected):
    assert list(from_newest(restores)) == expected
