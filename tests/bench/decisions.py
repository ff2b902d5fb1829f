"""What decisions promise, counted: answer sets, kept precision, images of nothing known.

    python -m tests.bench.decisions [sets|precision|unknown ...]

Vectors of EfficientNet-Lite0, made once (of CIFAR-10 of 10,000 train images). Seeds 0 to 2
divide each set: half is learned from (a tenth of it chooses the epoch), half is the pool. Each
resample draws its validation images from the pool; what is left of the pool is measured on. Prints
Markdown tables.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from classifier.engine.backbones.opened import open_backbone
from classifier.engine.backbones.registry import BACKBONES
from classifier.engine.fit.balance import Balance
from classifier.engine.fit.fitting import Fitting, Stage
from classifier.engine.fit.head import Head
from classifier.engine.measure.decision import MOST_REFERENCES, Wish, decide
from classifier.engine.measure.decision_answers import gathered
from classifier.engine.measure.promise import keep_known, least_of_set
from classifier.engine.presets.registry import PRESETS
from classifier.engine.runtime.batches import Arrays
from classifier.engine.runtime.decider import distances, unit_rows
from classifier.engine.watch import Watch
from common.pixels import read_pixels
from tests.bench.classic import animals, digits
from tests.bench.engine_targets import DATA
from tests.bench.heads import SEEDS, Silent, numpy_steps
from tests.bench.learning_curve import cifar10

BACKBONE = "efficientnet_lite0"
SETS: dict[str, Callable[[Path], Any]] = {"animals": animals, "CIFAR-10": cifar10, "digits": digits}
VALIDATION = 300
COVERAGE, PRECISION, CONFIDENCE, UNKNOWN = 0.9, 0.95, 0.9, 0.05
STRANGERS = ("frog", "ship", "truck")


class Answered(NamedTuple):
    """The pool of one seed: probabilities (n, classes), labels (n,), distances (n,)."""

    probabilities: Any
    labels: Any
    distances: Any


class Embedded(NamedTuple):
    """A set: vectors (n, width), labels (n,), class names."""

    vectors: Any
    labels: Any
    names: list[str]


def main(parts: list[str]) -> None:
    """Print the tables."""
    sets = {name: embedded(name) for name in SETS}
    for part in parts:
        PARTS[part](sets)
        print(flush=True)


def embedded(name: str) -> Embedded:
    """Return a set's vectors."""
    with tempfile.TemporaryDirectory() as folder:
        samples, names = SETS[name](Path(folder))
        with tempfile.TemporaryDirectory() as kept:
            backbone = open_backbone(
                BACKBONES[BACKBONE], weights_dir=DATA / "weights", folder=Path(kept)
            )
            started = time.process_time()
            vectors = [
                backbone.predict(read_pixels(Path(path).read_bytes(), backbone.image_size)[None])
                for path, _ in samples
            ]
    seconds = time.process_time() - started
    print(f"{name}: {len(samples):,} images, {seconds:.0f} s of a processor.", file=sys.stderr)
    return Embedded(np.concatenate(vectors), np.array([each for _, each in samples]), names)


def pools(data: Embedded) -> Iterator[tuple[Answered, Any]]:
    """Yield the pool of each seed as a fitted head answers it, with a source of chance."""
    for seed in SEEDS:
        random = np.random.default_rng(100 + seed)
        order = random.permutation(len(data.labels))
        half = len(order) // 2
        learned, pool = order[:half], order[half:]
        head = fitted(data, learned[half // 10 :], learned[: half // 10], seed)
        references = unit_rows(data.vectors[learned[half // 10 :][:MOST_REFERENCES]])
        far = distances(data.vectors[pool], references)
        yield Answered(head.predict(data.vectors[pool]), data.labels[pool], far), random


def fitted(data: Embedded, train: Any, chosen_by: Any, seed: int) -> Head:
    """Return the head that the preset fits."""
    config = PRESETS[BACKBONE].config({"seed": seed})
    classes = len(data.names)
    fitting = Fitting(config, Watch(Silent()), None)
    fitting.run(
        Stage(
            name="head",
            steps=numpy_steps(data.vectors.shape[1], classes, config),
            train=Arrays(data.vectors[train], data.labels[train]),
            balance=Balance(config, data.labels[train], classes),
            validation=Arrays(data.vectors[chosen_by], data.labels[chosen_by]),
            epochs=config.epochs,
            learning_rate=config.learning_rate,
        )
    )
    return Head.of(fitting.state.best)


def answer_sets(sets: dict[str, Embedded]) -> None:
    """Print how often answer sets hold the true class, over 100 resamples."""
    print(f"| set | accuracy | coverage, nominal {COVERAGE} | lowest of 100 | mean size |")
    print("|---|---:|---:|---:|---:|")
    for name, data in sets.items():
        covered, sizes, right = [], [], []
        for pool, random in pools(data):
            rows = np.arange(len(pool.labels))
            true = pool.probabilities[rows, pool.labels]
            best = pool.probabilities.max(axis=1)
            right.append(float((pool.probabilities.argmax(axis=1) == pool.labels).mean()))
            for _ in range(34):
                drawn = random.permutation(len(rows))
                validation, rest = drawn[:VALIDATION], drawn[VALIDATION:]
                least = least_of_set(true[validation], COVERAGE)
                # Never empty: the most probable class is in every set.
                inside = (true[rest] >= least) | (true[rest] == best[rest])
                held = (pool.probabilities[rest] >= least).sum(axis=1).clip(min=1)
                covered.append(float(inside.mean()))
                sizes.append(float(held.mean()))
        covered, sizes = covered[:100], sizes[:100]
        print(
            f"| {name} | {np.mean(right):.3f} | {np.mean(covered):.3f} | {min(covered):.3f} "
            f"| {np.mean(sizes):.2f} of {len(data.names)} |",
            flush=True,
        )


def kept_precision(sets: dict[str, Embedded]) -> None:
    """Print how often a promise is broken, over 1,000 resamples."""
    print(
        f"| set | validation images | no promise | promise of {PRECISION} at {CONFIDENCE} broken "
        "| accepted | right among accepted | accuracy |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    wish = Wish(precision=PRECISION, confidence=CONFIDENCE, unknown_rate=0.0)
    for name, data in sets.items():
        broken, none, accepted, kept, right = 0, 0, [], [], []
        total = 0
        for pool, random in pools(data):
            rows = gathered(pool.probabilities, pool.labels, pool.distances)
            correct = rows["predicted"] == rows["truth"]
            right.append(float(correct.mean()))
            for _ in range(334):
                if total == 1000:
                    break
                total += 1
                drawn = random.permutation(len(rows))
                validation, rest = drawn[:VALIDATION], drawn[VALIDATION:]
                threshold = decide(wish, rows[validation], data.names).rule.thresholds[0]
                if threshold is None:
                    none += 1
                    accepted.append(0.0)
                    continue
                through = rows[rest]["probability"] >= threshold
                precision = float(correct[rest][through].mean())
                broken += precision < PRECISION
                accepted.append(float(through.mean()))
                kept.append(precision)
        print(
            f"| {name} | {VALIDATION} | {none} of 1,000 | {broken} of 1,000 "
            f"| {np.mean(accepted):.1%} | {np.mean(kept):.3f} | {np.mean(right):.3f} |",
            flush=True,
        )


def unknown(sets: dict[str, Embedded]) -> None:
    """Print what is called unknown: strangers among animals, each class held out of CIFAR-10."""
    cifar, photos = sets["CIFAR-10"], sets["animals"]
    strangers = {name: cifar.vectors[cifar.labels == cifar.names.index(name)] for name in STRANGERS}
    print(f"| animals, seed | false alarms at {UNKNOWN:.0%} | {' | '.join(STRANGERS)} |")
    print(f"|---|---:|{'---:|' * len(STRANGERS)}")
    for seed in SEEDS:
        order = np.random.default_rng(100 + seed).permutation(len(photos.labels))
        cuts = [int(len(order) * share) for share in (0.8, 0.9)]
        train, validation, test = (photos.vectors[part] for part in np.split(order, cuts))
        far, alarms = caught(train, validation, test)
        told = " | ".join(f"{np.mean(far(each)):.1%}" for each in strangers.values())
        print(f"| {seed} | {alarms:.1%} | {told} |", flush=True)
    print(f"\n| CIFAR-10 without | false alarms at {UNKNOWN:.0%} | of it called unknown |")
    print("|---|---:|---:|")
    for held, name in enumerate(cifar.names):
        others = np.flatnonzero(cifar.labels != held)
        order = np.random.default_rng(100).permutation(others)
        cuts = [int(len(order) * share) for share in (0.8, 0.9)]
        train, validation, test = (cifar.vectors[part] for part in np.split(order, cuts))
        far, alarms = caught(train, validation, test)
        print(
            f"| {name} | {alarms:.1%} | {np.mean(far(cifar.vectors[cifar.labels == held])):.1%} |",
            flush=True,
        )


def caught(train: Any, validation: Any, test: Any) -> tuple[Callable[[Any], Any], float]:
    """Return what tells strangers, and the share of the test images that it takes for such."""
    references = unit_rows(train[:MOST_REFERENCES])
    threshold = keep_known(distances(validation, references), UNKNOWN).threshold

    def far(vectors: Any) -> Any:
        return distances(vectors, references) > threshold

    return far, float(np.mean(far(test)))


PARTS = {"sets": answer_sets, "precision": kept_precision, "unknown": unknown}

if __name__ == "__main__":
    main(sys.argv[1:] or list(PARTS))
