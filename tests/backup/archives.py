"""Archives for tests: made, taken, and forged as a stranger would."""

import hashlib
import json
import zipfile
from pathlib import Path

from backup.archive.take import take_archive
from backup.archive.write import write_archive
from tests import factories
from tests.classifier.trained import end_job, register


def quiet(sentence: str) -> None:
    """Hear of progress and do nothing."""


def make_archive(user, trained, folder: Path) -> Path:
    """An archive of a dataset, its version, a trained model and its report; all is still here."""
    dataset = factories.make_dataset(user=user, name="Birds")
    for name in ("blue", "green", "red"):
        factories.make_images(dataset, name, 10)
    version = factories.make_version(dataset, user)
    model = register(factories.make_run(user, version), trained, folder / "outcome")
    end_job(factories.make_report(model, right=50).job)
    path = folder / "birds.loupe"
    write_archive(path, organization=dataset.organization, datasets=[dataset.pk], say=quiet)
    return path


def take(path: Path, organization, **options):
    """Take an archive, of someone who is trusted if nothing else is said."""
    options = {"trusted": True, "same_people": False, "say": quiet, **options}
    return take_archive(path, organization=organization, **options)


class Forgery:
    """The entries of an archive, to be changed; `save` writes them with hashes that agree."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name("forged.loupe")
        with zipfile.ZipFile(path) as archive:
            self.entries = {name: archive.read(name) for name in archive.namelist()}
        self.manifest = json.loads(self.entries["manifest.json"])

    def rows(self, label: str) -> list[dict]:
        """Return the rows of a model, by column."""
        columns = self.manifest["tables"][label]["columns"]
        lines = self.entries[f"rows/{label}.jsonl"].splitlines()
        return [dict(zip(columns, json.loads(line), strict=True)) for line in lines]

    def put_rows(self, label: str, rows: list[dict]) -> None:
        """Replace the rows of a model."""
        self.manifest["tables"][label]["columns"] = list(rows[0])
        lines = "".join(f"{json.dumps(list(row.values()))}\n" for row in rows)
        self.entries[f"rows/{label}.jsonl"] = lines.encode()

    def change(self, label: str, **values) -> None:
        """Give the first row of a model other values."""
        first, *others = self.rows(label)
        self.put_rows(label, [first | values, *others])

    def save(self) -> Path:
        """Write the archive."""
        files = {
            name.removeprefix("files/"): content
            for name, content in self.entries.items()
            if name.startswith("files/")
        }
        lines = [
            json.dumps([name, hashlib.sha256(content).hexdigest(), len(content)])
            for name, content in files.items()
        ]
        self.entries["files.jsonl"] = "".join(f"{line}\n" for line in lines).encode()
        hashes = self.manifest["sha256"]
        hashes |= {name: hashlib.sha256(self.entries[name]).hexdigest() for name in hashes}
        self.entries["manifest.json"] = json.dumps(self.manifest).encode()
        with zipfile.ZipFile(self._path, "w") as archive:
            for name, content in self.entries.items():
                archive.writestr(name, content)
        return self._path
