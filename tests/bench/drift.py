"""What the drift check finds, and how often it raises an alarm over nothing.

    python -m tests.bench.drift [vectors|tune|report]

`vectors` makes what the other two need, once, in build/drift (it goes on where it was stopped).
`tune` compares ways of testing vectors on CIFAR-10; `report` prints the figures of
docs/benchmarks.md. Each seed divides a set differently: one half is traffic; of the other a head
learns from some, and is tested on the rest, which is the reference. So a quiet window and the
reference are drawn from the same images. `SHIFTED` images are kept apart for shifts, which change
the pixels before the resize.
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from classifier.engine.backbones.opened import OpenBackbone, open_backbone
from classifier.engine.backbones.registry import BACKBONES
from classifier.engine.measure.answers import in_steps
from classifier.engine.measure.drift_judgement import ONE_LOOK, holm, level_of_look
from classifier.engine.measure.stability import (
    binned,
    class_counts,
    confidence_edges,
    stability,
)
from classifier.engine.measure.two_sample import two_sample
from classifier.engine.runtime.decider import unit_rows
from common.imaging import decode_rgb
from common.pixels import resize_rgb
from tests.bench.classic import animals
from tests.bench.decisions import BACKBONE, Embedded, fitted
from tests.bench.engine_targets import DATA
from tests.bench.learning_curve import cifar10

FOLDER = Path("build/drift")
PIECE = 250
WINDOW = 300
# Of what is no traffic.
LEARNED = 0.6
MOST_REFERENCE = 600
PERMUTATIONS = 9_999
CIFAR_IMAGES = 4_000
SHIFTED = 750
SETS: dict[str, Callable[[Path], Any]] = {"animals": animals, "CIFAR-10": cifar10}


def brighter(share: float) -> Callable[[Image.Image], Image.Image]:
    """Return what makes all pixels brighter by a share, or darker."""
    return lambda image: image.point(
        [min(255, round(value * (1 + share))) for value in range(256)] * 3
    )


def saved_badly(image: Image.Image) -> Image.Image:
    """Return the image as JPEG of quality 20 has it."""
    stream = BytesIO()
    image.save(stream, "JPEG", quality=20)
    return Image.open(stream).convert("RGB")


SHIFTS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "brightness −40 %": brighter(-0.4),
    "brightness −20 %": brighter(-0.2),
    "brightness +20 %": brighter(0.2),
    "brightness +40 %": brighter(0.4),
    "JPEG quality 20": saved_badly,
}


class Made(NamedTuple):
    """A set: labels (n,), names, vectors (n, width), and of each shift those of the first rows."""

    labels: Any
    names: list[str]
    vectors: Any
    shifted: dict[str, Any]


def made(name: str) -> Made:
    """Return the vectors of a set, made in pieces that are kept."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        samples, names = SETS[name](Path(folder))
        order = np.random.default_rng(7).permutation(len(samples))
        most = CIFAR_IMAGES if name == "CIFAR-10" else len(samples)
        samples = [samples[place] for place in order[:most]]
        backbone = open_backbone(
            BACKBONES[BACKBONE], weights_dir=DATA / "weights", folder=FOLDER / "backbones"
        )
        plain = _vectors(name, "plain", samples, backbone, lambda image: image)
        shifted = {
            shift: _vectors(name, shift, samples[:SHIFTED], backbone, change)
            for shift, change in SHIFTS.items()
        }
    # What the images that are kept apart do without a shift.
    shifted = {"nothing, those kept apart": plain[:SHIFTED], **shifted}
    labels = np.array([label for _, label in samples])
    return Made(labels, names, plain, shifted)


def _vectors(
    name: str,
    shift: str,
    samples: list[Any],
    backbone: OpenBackbone,
    change: Callable[[Image.Image], Image.Image],
) -> Any:
    parts = []
    for start in range(0, len(samples), PIECE):
        path = FOLDER / f"{name}-{shift}-{start}.npy".replace(" ", "_")
        if not path.exists():
            pixels = [
                resize_rgb(change(decode_rgb(Path(file).read_bytes())), backbone.image_size)
                for file, _ in samples[start : start + PIECE]
            ]
            found = np.concatenate([backbone.predict(each[None]) for each in pixels])
            part = path.with_suffix(".part.npy")
            np.save(part, found)
            part.rename(path)
            print(path, flush=True)
        parts.append(np.load(path))
    return np.concatenate(parts)


class Look(NamedTuple):
    """The smallest p-value of a window among all tests (Holm), and which tests say so themselves.

    `found` has each test's p-value by its name.
    """

    adjusted: float
    found: dict[str, float]


class Watched:
    """A head of one seed, its reference, and the traffic that comes to it."""

    def __init__(self, data: Made, seed: int, new_class: int | None = None) -> None:
        names = [name for label, name in enumerate(data.names) if label != new_class]
        self.labels = data.labels.copy()
        if new_class is not None:
            self.labels[data.labels > new_class] -= 1
        random = np.random.default_rng(1_000 + seed)
        divided = random.permutation(np.arange(SHIFTED, len(data.labels)))
        traffic, owned = np.array_split(divided, 2)
        is_known = data.labels != (-1 if new_class is None else new_class)
        self.traffic, self.strangers = traffic[is_known[traffic]], traffic[~is_known[traffic]]
        owned = owned[is_known[owned]]
        cut = round(len(owned) * LEARNED)
        learned, self.reference = owned[:cut], owned[cut:][:MOST_REFERENCE]
        tenth = len(learned) // 10
        embedded = Embedded(data.vectors, self.labels, names)
        self.head = fitted(embedded, learned[tenth:], learned[:tenth], seed)
        self.names = names
        self.random = random
        self.data = data
        self.usual = self.answered(data.vectors[self.reference])

    def answered(self, vectors: Any) -> tuple[Any, Counter[str]]:
        """Return how sure the head is of vectors (n,), and how often each class is its answer."""
        probabilities = self.head.predict(vectors)
        classes = Counter(self.names[index] for index in probabilities.argmax(axis=1))
        # As a report keeps them, and the job makes those of predictions alike.
        return in_steps(probabilities.max(axis=1)), classes

    def window(self, shift: str | None, size: int, strangers: float = 0.0) -> Any:
        """Return the vectors of a window, without one image twice."""
        new = round(size * strangers)
        if shift is not None:
            return self.data.shifted[shift][self.random.permutation(SHIFTED)[:size]]
        chosen = self.random.permutation(self.traffic)[: size - new]
        drawn = self.random.permutation(self.strangers)[:new]
        return self.data.vectors[np.concatenate([chosen, drawn])]

    def look(self, vectors: Any, number: int, ways: list[str]) -> Look:
        """Test a window as the job does, the vectors in each of these ways."""
        confidence, classes = self.answered(vectors)
        usual_confidence, usual_classes = self.usual
        edges = confidence_edges(np.concatenate([confidence, usual_confidence]))
        sure = binned(confidence, edges), binned(usual_confidence, edges)
        _, *mixed = class_counts(classes, usual_classes)
        found = {
            "confidence": stability(*sure, number, PERMUTATIONS).p_value,
            "class mix": stability(*mixed, number, PERMUTATIONS).p_value,
        }
        for way in ways:
            one, other = WAYS[way](self, vectors), WAYS[way](self, self.own())
            found[way] = two_sample(one, other, number, PERMUTATIONS).p_value
        return Look(min(holm(list(found.values()))), found)

    def own(self) -> Any:
        """Return the vectors of the reference."""
        return self.data.vectors[self.reference]


def _principal(watched: Watched, vectors: Any) -> Any:
    unit = unit_rows(watched.own())
    middle = unit.mean(axis=0)
    _, _, axes = np.linalg.svd(unit - middle, full_matrices=False)
    return (unit_rows(vectors) - middle) @ axes[:32].T


WAYS: dict[str, Callable[[Watched, Any], Any]] = {
    "vectors": lambda watched, vectors: unit_rows(vectors),
    "32 principal components": _principal,
    "log-probabilities": lambda watched, vectors: np.log(
        watched.head.predict(vectors).clip(min=1e-6)
    ),
}


def looks(
    name: str, ways: list[str], seeds: int, quiet: int, shifted: int
) -> dict[str, list[Look]]:
    """Return the looks at what came; each seed's are kept, and not taken again."""
    data, kept = made(name), {}
    for seed in range(seeds):
        path = FOLDER / f"looks-{name}-{'-'.join(ways)}-{seed}-{quiet}-{shifted}.json"
        if not path.exists():
            found = _looks_of_seed(data, ways, seed, quiet, shifted)
            path.write_text(json.dumps(found))
            print(f"{name}: seed {seed} of {seeds}", file=sys.stderr, flush=True)
        for what, rows in json.loads(path.read_text()).items():
            kept.setdefault(what, []).extend(Look(*row) for row in rows)
    return kept


def _looks_of_seed(
    data: Made, ways: list[str], seed: int, quiet: int, shifted: int
) -> dict[str, list[Look]]:
    watched, numbers = Watched(data, seed), count(seed * 10_000)

    def taken(of: Watched, shift: str | None, times: int, strangers: float = 0.0) -> list[Look]:
        return [
            of.look(of.window(shift, WINDOW, strangers), next(numbers), ways) for _ in range(times)
        ]

    found = {"nothing": taken(watched, None, quiet)}
    found |= {shift: taken(watched, shift, shifted) for shift in data.shifted}
    for new_class in range(min(3, len(data.names))):
        other = Watched(data, seed, new_class)
        found[f"new class at 20 %: {data.names[new_class]}"] = taken(other, None, shifted, 0.2)
    return found


def table(name: str, ways: list[str], seeds: int, quiet: int, shifted: int) -> None:
    """Print how often each shift is found in one window."""
    level = level_of_look(30)
    tests = ["confidence", "class mix", *ways]
    print(
        f"| {name}: what came | windows | found at 5 % (95 % interval over seeds) "
        f"| found at {level:.2%} "
        f"| {' | '.join(f'{each} alone' for each in tests)} |"
    )
    print(f"|---|---:|---:|---:|{'---:|' * len(tests)}")
    for what, found in looks(name, ways, seeds, quiet, shifted).items():
        alone = " | ".join(
            f"{np.mean([each.found[test] <= ONE_LOOK for each in found]):.1%}" for test in tests
        )
        told = [np.array([each.adjusted <= bound for each in found]) for bound in (ONE_LOOK, level)]
        low, high = over_seeds(told[0].reshape(seeds, -1).mean(axis=1))
        print(
            f"| {what} | {len(found)} | {told[0].mean():.1%} ({low:.1%} to {high:.1%}) "
            f"| {told[1].mean():.1%} | {alone} |",
            flush=True,
        )


def over_seeds(shares: Any) -> tuple[float, float]:
    """Return the 95 % interval of the mean of the seeds' shares: windows of one share much."""
    random = np.random.default_rng(0)
    means = random.choice(shares, (2_000, len(shares))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def main(part: str) -> None:
    """Do one part."""
    if part == "vectors":
        for name in SETS:
            print(name, made(name).vectors.shape)
    elif part == "tune":
        for way in WAYS:
            table("CIFAR-10", [way], seeds=5, quiet=20, shifted=4)
            print(flush=True)
    else:
        for name in SETS:
            table(name, ["vectors"], seeds=25, quiet=20, shifted=4)
            print(flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
