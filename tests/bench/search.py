"""Does a search of 15 trials beat the preset's defaults, and chance?

    python -m tests.bench.search

Named beforehand: the digits (1,797 images, divided 70/10/20 by seeds 0 to 2), `rbf_svm` with what
Loupe suggests for such small images (pixels, side 8), all else by default, and the space that a
search of it varies by itself. TPE and random search have the same 15 trials, of which the first
has the defaults. The validation split chooses; the test split is asked once, by the chosen fit.
Prints a Markdown table.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from classifier.engine.errors import InvalidConfig
from classifier.engine.fit.folds import FoldFitter
from classifier.engine.fit.pretrained import ComputedVectors, Pretrained
from classifier.engine.fit.trial import fit_trial
from classifier.engine.presets.registry import PRESETS
from classifier.engine.samples import Sample, TrainingSamples
from classifier.engine.search.space import config_of
from classifier.engine.search.study import Past, Sampler, ask, lies_in
from classifier.engine.search.usual import default_space
from classifier.engine.target import decide
from classifier.engine.watch import Watch
from tests.bench.classic import digits
from tests.bench.heads import SEEDS, Silent
from tests.bench.learning_curve import parts
from tests.classifier.engine.file_pixels import FilePixels

PRESET, BASE, TRIALS = PRESETS["rbf_svm"], {"input": "pixels", "side": 8}, 15


class Bench:
    """One division of the digits."""

    def __init__(self, samples: list[Sample], classes: list[str], seed: int, folder: Path) -> None:
        train, validation, self.test = parts(samples, [0.7, 0.1, 0.2], seed)
        self.seed, self.classes, self.folder = seed, classes, folder
        self.samples = TrainingSamples(train=train, validation=validation, pixels=FilePixels())
        self.pretrained = Pretrained(
            weights_dir=None,
            backbones_dir=folder / "backbones",
            vectors=ComputedVectors(self.samples.pixels),
        )
        self.base = PRESET.config(BASE).to_dict()

    def score(self, params: dict) -> float:
        """Fit on train, and return the score on validation."""
        figures = fit_trial(
            PRESET,
            config_of(PRESET, self.base, params),
            self.samples,
            self.classes,
            self.pretrained,
            Watch(Silent()),
            self.folder,
        )
        return figures.score("accuracy", len(self.samples.validation))

    def best_of(self, sampler: Sampler) -> tuple[dict, float]:
        """Return the best of a search's trials, and its score."""
        space = default_space(PRESET, self.base)
        tried = [({}, self.score({}))]
        first = lies_in(space, self.base)
        past = [] if first is None else [Past(first, tried[0][1])]
        for number in range(1, TRIALS):
            for again in range(20):
                asked = ask(
                    space,
                    sampler=sampler,
                    seed=self.seed,
                    number=number,
                    trials=TRIALS,
                    past=past,
                    again=again,
                )
                try:
                    config_of(PRESET, self.base, asked.params)
                    break
                except InvalidConfig:
                    continue
            tried.append((asked.params, self.score(asked.params)))
            past.append(Past(*tried[-1]))
        return max(tried, key=lambda each: each[1])

    def tested(self, params: dict) -> float:
        """Return the accuracy on the test split of a fit with these settings."""
        fitter = FoldFitter(
            PRESET, config_of(PRESET, self.base, params), self.classes, self.pretrained
        )
        answers = fitter.answers(self.samples, self.test, Watch(Silent()), self.folder)
        return float((decide(answers) == np.array([label for _, label in self.test])).mean())


def main() -> None:
    """Print a row for each seed, then the means."""
    print("| seed | defaults | TPE | random | TPE, validation | CPU s of 15 trials | best by TPE |")
    print("|---:|---:|---:|---:|---:|---:|---|", flush=True)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        samples, classes = digits(Path(name))
        for seed in SEEDS:
            bench = Bench(samples, classes, seed, Path(name))
            started = time.process_time()
            tpe, score = bench.best_of("tpe")
            seconds = time.process_time() - started
            chance, _ = bench.best_of("random")
            row = [bench.tested({}), bench.tested(tpe), bench.tested(chance)]
            rows.append(row)
            told = " | ".join(f"{each:.4f}" for each in row)
            print(f"| {seed} | {told} | {score:.4f} | {seconds:.0f} | {tpe} |", flush=True)
    default, tpe, chance = np.mean(rows, axis=0)
    print(f"| mean | {default:.4f} | {tpe:.4f} | {chance:.4f} | | | |")
    print(
        f"\nTPE beats the defaults by {100 * (tpe - default):+.2f} points, "
        f"random search by {100 * (tpe - chance):+.2f}."
    )


if __name__ == "__main__":
    main()
