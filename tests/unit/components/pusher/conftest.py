"""What tests of a model's folder share: models to push, and a store to push them to."""

from dataclasses import dataclass

import pytest

from components.pusher.origin import Provenance
from components.pusher.publish import publish

NOW = 1_700_000_000.0


@dataclass
class Shelf:
    """A model's folder, and pushes into it at one moment: versions 1700000000, ...1, ...2.

    Attributes:
        folder: `<store>/taxi`.
        root: Where the models lie that are pushed.
    """

    folder: object
    root: object

    def model(self, name):
        """Returns the folder of a model that has its own content."""
        source = self.root / name
        if not source.exists():
            (source / "variables").mkdir(parents=True)
            (source / "saved_model.pb").write_text(f"graph of {name}")
            (source / "variables" / "variables.index").write_text("index")
        return source

    def push(self, name, data=(), **options):
        """Pushes a model, which is an artifact of its own."""
        its = Provenance("taxi", f"run-{name}", f"/artifacts/{name}", ord(name[0]), data)
        options = {"clock": lambda: NOW, **options}
        return publish(self.model(name), self.folder, its, **options)

    def names(self):
        return sorted(path.name for path in self.folder.iterdir() if path.name != ".lock")


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "store" / "taxi", tmp_path / "models")
