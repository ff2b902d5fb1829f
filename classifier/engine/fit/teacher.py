"""A trained model as a teacher: what it answers to the images that a student learns from."""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.engine.errors import BadData
from classifier.engine.files import written_whole
from classifier.engine.fit.batch_size import Budget
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.runtime.views import rows_of
from classifier.engine.samples import PixelStore
from classifier.engine.target import Scores
from classifier.engine.watch import Watch

# So many answers are kept at a time: what a killed training asks again.
_PART = 2_000
# Of the memory that a training may take; the rest is for its steps.
_SHARE = 0.5


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
        places: dict[str, int] = {}
        for each in contents:
            places.setdefault(each, len(places))
        found = np.empty((len(places), len(columns)), np.float32)
        known = self._read(found, places)
        missing = [each for each in places if each not in known]
        watch.begin("Asking the teacher")
        for start in range(0, len(missing), _PART):
            part = missing[start : start + _PART]
            done = len(contents) - len(missing) + start
            answers = self._asked(predictor, part, done, len(contents), watch)[:, columns]
            self._write(part, answers)
            found[[places[each] for each in part]] = answers
        if len(places) == len(contents):
            return found
        return found[[places[each] for each in contents]]

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

    def _read(self, found: Scores, places: Mapping[str, int]) -> set[str]:
        """Fill in what was kept, and return of which contents."""
        known: set[str] = set()
        for path in self._files():
            try:
                with np.load(path, allow_pickle=False) as stored:
                    answers = stored["answers"]
                    for row, name in enumerate(stored["contents"].tolist()):
                        if name in places:
                            found[places[name]] = answers[row]
                            known.add(name)
            except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile):
                continue  # it is asked again
        return known

    def _write(self, contents: list[str], answers: Scores) -> None:
        if self.kept is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{len(self._files()):08d}.npz"
        with written_whole(self._folder / name) as part, part.open("wb") as file:
            np.savez(file, contents=np.array(contents), answers=answers, allow_pickle=False)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.npz")) if self.kept else []

    @property
    def _folder(self) -> Path:
        """Where the answers of this file are, in the order of these classes."""
        if self.kept is None:
            raise ValueError("nothing is kept")
        return self.kept / f"teacher-{self.sha256}"


def require_room(images: int, classes: int, budget: Budget) -> None:
    """Raise BadData where the answers to so many images do not fit into half of the memory."""
    need = images * classes * np.dtype(np.float32).itemsize
    if need > _SHARE * budget.bytes:
        raise BadData(
            f"The teacher's answers to {images:,} images, {classes:,} classes each, take "
            f"{need / 1e9:.1f} GB; a student may have {_SHARE * budget.bytes / 1e9:.1f} GB of them "
            f"here, half of {budget.of}.",
            "Leave out the images without a class (unlabelled), or freeze fewer images.",
        )
