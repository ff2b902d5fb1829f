"""A trained model as a teacher: what it answers to the images that a student learns from."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.engine.errors import BadData
from classifier.engine.files import written_whole
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.runtime.views import rows_of
from classifier.engine.samples import PixelStore
from classifier.engine.target import Scores
from classifier.engine.watch import Watch

# So many answers are kept at a time: what a killed training asks again.
_PART = 2_000


@dataclass(frozen=True)
class Teacher:
    """A model file that answers, and a folder that keeps its answers for another attempt.

    ``class_names`` are the student's, in its order; the teacher must know these and no others.
    ``kept`` None keeps nothing.
    """

    path: Path
    sha256: str
    class_names: Sequence[str]
    pixels: PixelStore
    kept: Path | None = None

    def answers(self, contents: Sequence[str], watch: Watch) -> Scores:
        """Return its probabilities (n, classes) of each class of an image, by content.

        Raises BadModelFile, BadData where it has other classes, Cancelled, and TimeIsUp.
        """
        predictor = Predictor.load(self.path, self.sha256)
        columns = self._columns(predictor)
        known = self._read()
        missing = [each for each in dict.fromkeys(contents) if each not in known]
        watch.begin("Asking the teacher")
        for start in range(0, len(missing), _PART):
            part = missing[start : start + _PART]
            done = len(contents) - len(missing) + start
            found = self._asked(predictor, part, done, len(contents), watch)[:, columns]
            self._write(f"{len(known):08d}.npz", part, found)
            known |= dict(zip(part, found, strict=True))
        empty = np.empty((0, len(columns)), np.float32)
        return np.stack([known[each] for each in contents]) if contents else empty

    def _asked(
        self, predictor: Predictor, part: list[str], done: int, total: int, watch: Watch
    ) -> Scores:
        rows = rows_of(self.pixels, part, predictor.views, lambda read, of: watch.check())
        return predictor.predict_rows(rows, lambda few, of: watch.tick(done + few, total))

    def _columns(self, predictor: Predictor) -> list[int]:
        """Return where the student's classes are among the teacher's."""
        theirs = predictor.class_names
        if sorted(theirs) != sorted(self.class_names):
            raise BadData("The teacher does not know the same classes as the dataset version.")
        return [theirs.index(name) for name in self.class_names]

    def _read(self) -> dict[str, Scores]:
        found: dict[str, Scores] = {}
        for path in sorted(self._folder.glob("*.npz")) if self.kept else ():
            try:
                with np.load(path, allow_pickle=False) as stored:
                    names = stored["contents"].tolist()
                    found |= dict(zip(names, stored["answers"], strict=True))
            except (OSError, ValueError, KeyError, zipfile.BadZipFile):
                continue  # it is asked again
        return found

    def _write(self, name: str, contents: list[str], answers: Scores) -> None:
        if self.kept is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        with written_whole(self._folder / name) as part, part.open("wb") as file:
            np.savez(file, contents=np.array(contents), answers=answers, allow_pickle=False)

    @property
    def _folder(self) -> Path:
        """Where the answers of this file are, in the order of these classes."""
        if self.kept is None:
            raise ValueError("nothing is kept")
        return self.kept / f"teacher-{self.sha256}"
