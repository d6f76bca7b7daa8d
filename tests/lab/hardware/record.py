"""What the lab made: written down before it is made, so that a second start can take down what a killed one left."""

import json
from pathlib import Path


class Record:
    def __init__(self, directory: Path):
        self._directory = directory

    def add(self, kind, name, **details):
        """Notes a thing; noting it twice is noting it once."""
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._path(kind, name)
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps({"kind": kind, "name": name, **details}), encoding="utf-8")
        temporary.rename(path)

    def remove(self, kind, name):
        self._path(kind, name).unlink(missing_ok=True)

    def of(self, kind):
        """The noted things of one kind, by name."""
        found = {}
        for path in sorted(self._directory.glob(f"{kind}.*.json")):
            thing = json.loads(path.read_text(encoding="utf-8"))
            found[thing["name"]] = thing
        return found

    def empty(self):
        return not any(self._directory.glob("*.json"))

    def _path(self, kind, name):
        return self._directory / f"{kind}.{name}.json"
