"""Several images of one thing answered together, against one image: right, calibrated, accepted.

    python -m tests.bench.combine [animals CIFAR-10 ...]

Vectors of EfficientNet-Lite0 (of 4,000 images at most) and heads as in `decisions` (seeds 0 to 2).
An answer is accepted from 0.9 on. Things are made of each pool's images: *others* are
different images of one class, which agree by chance alone; *views* are one image turned, cropped
and lit otherwise, which err together. The truth about pictures of one thing lies between. Prints
Markdown tables.
"""

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageEnhance

from classifier.engine.backbones.opened import open_backbone
from classifier.engine.backbones.registry import BACKBONES
from classifier.engine.measure.combine import LEAST, combined, combined_decision
from classifier.engine.measure.decision import Rule
from classifier.engine.runtime.decider import Decider
from common.pixels import read_pixels
from tests.bench.decisions import BACKBONE, SETS, fitted
from tests.bench.engine_targets import DATA
from tests.bench.heads import SEEDS

COUNTS = (1, 2, 3, 5)
VIEWED = 400
MOST = 4_000
THRESHOLD = 0.9
BINS = 15
Method = Callable[[Any], Any]


class Thing(NamedTuple):
    """Images of one thing: probabilities (n, classes), and the class that all of them have."""

    rows: Any
    label: int


def mean(rows: Any) -> Any:
    """Return the arithmetic mean."""
    return rows.mean(axis=0)


def product(rows: Any) -> Any:
    """Return the product, scaled: right where images err independently."""
    logs = np.log(np.maximum(rows, LEAST / rows.shape[1])).sum(axis=0)
    powers = np.exp(logs - logs.max())
    return powers / powers.sum()


METHODS: dict[str, Method] = {"mean": mean, "geometric mean": combined, "product": product}


def main(names: list[str]) -> None:
    """Print the tables of each set."""
    for name in names:
        embedded = vectors_of(name)
        others: list[tuple[list[Thing], Rule]] = []
        views: list[tuple[list[Thing], Rule]] = []
        for seed in SEEDS:
            found = answered(embedded, seed)
            others.append((found[0], found[2]))
            views.append((found[1], found[2]))
        for kind, things in (("others", others), ("views", views)):
            print(f"\n{name}, {kind}\n")
            table(things, make_others if kind == "others" else make_views)


class Embedded(NamedTuple):
    """Vectors (n, width) and labels (n,) of a set; of some rows, views (rows, 5, width)."""

    vectors: Any
    labels: Any
    names: list[str]
    viewed: Any
    views: Any


def vectors_of(name: str) -> Embedded:
    """Embed a set, and five views of `VIEWED` of its images."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as kept:
        samples, names = SETS[name](Path(folder))
        random = np.random.default_rng(7)
        samples = [samples[row] for row in random.permutation(len(samples))[:MOST]]
        backbone = open_backbone(
            BACKBONES[BACKBONE], weights_dir=DATA / "weights", folder=Path(kept)
        )

        def embedded(content: bytes) -> Any:
            return backbone.predict(read_pixels(content, backbone.image_size)[None])[0]

        vectors = np.stack([embedded(Path(path).read_bytes()) for path, _ in samples])
        viewed = random.choice(len(samples), VIEWED, replace=False)
        views = np.stack(
            [
                [embedded(view(Path(samples[row][0]), random)) for _ in range(max(COUNTS))]
                for row in viewed
            ]
        )
    labels = np.array([label for _, label in samples])
    return Embedded(vectors, labels, names, viewed, views)


def view(path: Path, random: np.random.Generator) -> bytes:
    """Return the image as another picture of the thing: turned, cropped, mirrored, lit again."""
    image = Image.open(path).convert("RGB")
    width, height = image.size
    share = random.uniform(0.6, 0.95)
    left, top = (int(random.uniform(0, (1 - share) * side)) for side in (width, height))
    image = image.rotate(random.uniform(-20, 20), Image.Resampling.BILINEAR)
    image = image.crop((left, top, left + int(width * share), top + int(height * share)))
    if random.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    image = ImageEnhance.Brightness(image).enhance(random.uniform(0.6, 1.4))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def answered(data: Embedded, seed: int) -> tuple[list[Thing], list[Thing], Rule]:
    """Return what a head answers to the pool, class by class, and to views of pool images."""
    random = np.random.default_rng(100 + seed)
    order = random.permutation(len(data.labels))
    half = len(order) // 2
    learned, pool = order[:half], order[half:]
    head = fitted(data, learned[half // 10 :], learned[: half // 10], seed)
    rule = Rule(thresholds=(THRESHOLD,) * len(data.names))
    by_class = [
        Thing(head.predict(data.vectors[pool[data.labels[pool] == label]]), label)
        for label in range(len(data.names))
    ]
    unseen = np.flatnonzero(np.isin(data.viewed, pool))
    views = [
        Thing(head.predict(data.views[place]), int(data.labels[data.viewed[place]]))
        for place in unseen
    ]
    return by_class, views, rule


def make_others(things: list[Thing], count: int) -> list[Thing]:
    """Return things of `count` different images of one class."""
    return [
        Thing(rows[start : start + count], label)
        for rows, label in things
        for start in range(0, len(rows) - count + 1, count)
    ]


def make_views(things: list[Thing], count: int) -> list[Thing]:
    """Return things of `count` views of one image."""
    return [Thing(rows[:count], label) for rows, label in things]


def table(seeds: list[tuple[list[Thing], Rule]], make: Callable[..., list[Thing]]) -> None:
    """Print a row for each number of images and each way to combine them: means of the seeds."""
    print("| images | combined by | right | log loss | ECE | accepted | right among accepted "
          "| of things whose first is reviewed: accepted | right among these |")  # fmt: skip
    print("|---:|---|---:|---:|---:|---:|---:|---:|---:|")
    for count in COUNTS:
        for name, method in METHODS.items():
            if count == 1 and name != "geometric mean":
                continue
            rows = [figures(make(things, count), rule, method) for things, rule in seeds]
            sums = {key: sum(row[key] for row in rows) for key in rows[0]}
            loss, ece = (np.mean([row[key] for row in rows]) for key in ("loss", "ece"))
            print(
                f"| {count} | {name if count > 1 else '–'} | {share(sums, 'right', 'all')} "
                f"| {loss:.3f} | {ece:.3f} | {share(sums, 'accepted', 'all')} "
                f"| {share(sums, 'accepted_right', 'accepted')} "
                f"| {share(sums, 'second', 'reviewed')} of {sums['reviewed']:,} "
                f"| {share(sums, 'second_right', 'second')} |",
                flush=True,
            )


def share(sums: dict[str, Any], part: str, of: str) -> str:
    """Return a share of counts, "–" where there is nothing to count."""
    return f"{sums[part] / sums[of]:.3f}" if sums[of] else "–"


def figures(things: list[Thing], rule: Rule, method: Method) -> dict[str, Any]:
    """Return the counts of one seed, its log loss and calibration error."""
    decider = Decider(rule, None)
    found: dict[str, Any] = dict.fromkeys(
        ("right", "accepted", "accepted_right", "reviewed", "second", "second_right"), 0
    )
    sure, correct, losses = [], [], []
    for rows, label in things:
        probabilities = method(rows)
        right = int(probabilities.argmax()) == label
        verdicts = [decider.verdict(row, None) for row in rows]
        accepted = combined_decision(probabilities, rows, verdicts, rule.thresholds) == "accept"
        reviewed = verdicts[0] == "review"
        found["right"] += right
        found["accepted"] += accepted
        found["accepted_right"] += accepted and right
        found["reviewed"] += reviewed
        found["second"] += reviewed and accepted
        found["second_right"] += reviewed and accepted and right
        sure.append(float(probabilities.max()))
        correct.append(right)
        losses.append(-np.log(max(float(probabilities[label]), 1e-7)))
    return {**found, "all": len(things), "loss": np.mean(losses), "ece": error(sure, correct)}


def error(sure: list[float], correct: list[bool]) -> float:
    """Return the expected calibration error of `BINS` equal bins."""
    values, right = np.array(sure), np.array(correct, float)
    bins = np.minimum((values * BINS).astype(int), BINS - 1)
    return float(
        sum(
            abs(values[bins == each].mean() - right[bins == each].mean()) * (bins == each).mean()
            for each in np.unique(bins)
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:] or ["animals", "CIFAR-10"])
