"""Does a search of 15 trials beat the preset's defaults, and chance?

    python -m tests.bench.search [digits|animals ...]

Each case was named before it ran, by the commit that brought it: first the digits (1,797 images)
with `rbf_svm` and what Loupe suggests for such small images (pixels, side 8), then the animals with
`decision_tree` on vectors, whose defaults are far from the best method. All else is by default,
and the space is what a search of the preset varies by itself. Divided 70/10/20 by seeds 0 to 2.
TPE and random search have the same 15 trials, of which the first has the defaults. The validation
split chooses; the test split is asked once, by the chosen fit. Prints a Markdown table.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from classifier.engine.errors import InvalidConfig
from classifier.engine.fit.folds import FoldFitter
from classifier.engine.fit.pretrained import Pretrained
from classifier.engine.fit.trial import fit_trial
from classifier.engine.presets.registry import PRESETS
from classifier.engine.samples import Sample, TrainingSamples
from classifier.engine.search.space import config_of
from classifier.engine.search.study import Past, Sampler, ask, lies_in
from classifier.engine.search.usual import default_space
from classifier.engine.target import decide
from classifier.engine.watch import Watch
from tests.bench.classic import Remembered, animals, digits
from tests.bench.heads import SEEDS, Silent
from tests.bench.learning_curve import parts
from tests.classifier.engine.file_pixels import FilePixels
from tests.datasets.analysis.planting import ANIMALS

TRIALS = 15
CASES = {
    "digits": (digits, "rbf_svm", {"input": "pixels", "side": 8}),
    "animals": (animals, "decision_tree", {}),
}


class Bench:
    """One division of a set, and a preset."""

    def __init__(
        self, case: str, samples: list[Sample], classes: list[str], seed: int, made: Pretrained
    ) -> None:
        train, validation, self.test = parts(samples, [0.7, 0.1, 0.2], seed)
        self.seed, self.classes, self.pretrained = seed, classes, made
        self.folder = made.backbones_dir.parent
        _, preset, base = CASES[case]
        self.preset = PRESETS[preset]
        self.base = self.preset.config(base).to_dict()
        self.samples = TrainingSamples(train=train, validation=validation, pixels=FilePixels())

    def score(self, params: dict) -> float:
        """Fit on train, and return the score on validation."""
        figures = fit_trial(
            self.preset,
            config_of(self.preset, self.base, params),
            self.samples,
            self.classes,
            self.pretrained,
            Watch(Silent()),
            self.folder,
        )
        return figures.score("accuracy", len(self.samples.validation))

    def best_of(self, sampler: Sampler) -> tuple[dict, float]:
        """Return the best of a search's trials, and its score."""
        space = default_space(self.preset, self.base)
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
                    config_of(self.preset, self.base, asked.params)
                    break
                except InvalidConfig:
                    continue
            tried.append((asked.params, self.score(asked.params)))
            past.append(Past(*tried[-1]))
        return max(tried, key=lambda each: each[1])

    def tested(self, params: dict) -> float:
        """Return the accuracy on the test split of a fit with these settings."""
        fitter = FoldFitter(
            self.preset, config_of(self.preset, self.base, params), self.classes, self.pretrained
        )
        answers = fitter.answers(self.samples, self.test, Watch(Silent()), self.folder)
        return float((decide(answers) == np.array([label for _, label in self.test])).mean())


def main(names: list[str]) -> None:
    """Print a table for each case: a row for each seed, then the means."""
    for name in names:
        if name == "animals" and not ANIMALS.is_file():
            print(f"Skipped: {ANIMALS} is not there.")
            continue
        with tempfile.TemporaryDirectory() as folder:
            write, preset, _ = CASES[name]
            print(f"\n{name}, `{preset}`\n")
            _print(name, *write(Path(folder)), Path(folder))


def _print(name: str, samples: list[Sample], classes: list[str], folder: Path) -> None:
    made = Pretrained(weights_dir=None, backbones_dir=folder / "backbones", vectors=Remembered())
    print("| seed | defaults | TPE | random | TPE, validation | CPU s of 15 trials | best by TPE |")
    print("|---:|---:|---:|---:|---:|---:|---|", flush=True)
    rows = []
    for seed in SEEDS:
        bench = Bench(name, samples, classes, seed, made)
        bench.score({})  # the vectors
        started = time.process_time()
        tpe, score = bench.best_of("tpe")
        seconds = time.process_time() - started
        chance, _ = bench.best_of("random")
        rows.append([bench.tested({}), bench.tested(tpe), bench.tested(chance)])
        told = " | ".join(f"{each:.4f}" for each in rows[-1])
        print(f"| {seed} | {told} | {score:.4f} | {seconds:.0f} | {tpe} |", flush=True)
    default, tpe, chance = np.mean(rows, axis=0)
    print(f"| mean | {default:.4f} | {tpe:.4f} | {chance:.4f} | | | |")
    print(
        f"\nTPE beats the defaults by {100 * (tpe - default):+.2f} points, "
        f"random search by {100 * (tpe - chance):+.2f}."
    )


if __name__ == "__main__":
    main(sys.argv[1:] or list(CASES))
