"""Training from nothing beside the plain ways, in turn, each in a process of its own.

    python -m tests.bench.from_nothing epoch      # authors' network; 3 turns, about 8 minutes
    python -m tests.bench.from_nothing accuracy   # cnn_small, 3 seeds; about 25 minutes
    python -m tests.bench.from_nothing cifar10    # cnn_tiny, 10 epochs, 3 turns; about 60 minutes
    python -m tests.bench.from_nothing precision  # float32 and bfloat16; about 50 minutes

``--quick``: one turn (3, 12 and 20 minutes); of ``precision`` digits alone (2 minutes). Prints a
Markdown table with medians; exits with 1 when a target is missed. An epoch of Loupe's is given for
as many images as the train folder has, of which a tenth is its validation split. Needs
``../shared/data``. ``tests/bench/run_overhead.py`` is the fifth.
"""

import argparse
import json
import statistics
import subprocess
import sys
from typing import Any

# Of the authors' network; the first compiles.
EPOCHS = 3


def told(*words: str) -> dict[str, Any]:
    """Run a module and return the JSON of its last line."""
    done = subprocess.run([sys.executable, "-m", *words], stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout.decode().splitlines()[-1])
    print(f"  {' '.join(words)}: {found}", file=sys.stderr, flush=True)
    return found


def loupe(*words: str) -> dict[str, Any]:
    return told("tests.bench.engine_targets", *words)


def plain(name: str, epochs: int) -> dict[str, Any]:
    return told("tests.bench.plain_training", name, str(epochs))


def in_turn(turns: int, first: Any, second: Any) -> list[tuple[Any, Any]]:
    """Call both, the first first in every other turn."""
    pairs = []
    for turn in range(turns):
        if turn % 2:
            later, earlier = second(), first()
        else:
            earlier, later = first(), second()
        pairs.append((earlier, later))
    return pairs


def of_an_epoch(found: dict[str, Any]) -> float:
    return statistics.median(found["epoch_seconds" if "preset" in found else "epochs"][1:])


def epoch(turns: int) -> bool:
    """Print the seconds of an epoch of the authors' network."""
    words = ("animals", "authors_network", "--module", "tests.bench.authors_network")
    setting = ("--set", f"epochs={EPOCHS}")
    pairs = in_turn(turns, lambda: plain("animals", EPOCHS), lambda: loupe(*words, *setting))
    shares = [of_an_epoch(b) / of_an_epoch(a) for a, b in pairs]
    print("| seconds an epoch | ImageDataGenerator | Loupe | share of the plain (target 0.33) |")
    print("|---|---:|---:|---:|")
    medians = [statistics.median(of_an_epoch(pair[side]) for pair in pairs) for side in (0, 1)]
    share = statistics.median(shares)
    print(f"| authors' network, {pairs[0][1]['precision']} | {medians[0]:.1f} | {medians[1]:.1f} "
          f"| {share:.2f} |")  # fmt: skip
    return share <= 1 / 3


def accuracy(turns: int) -> bool:
    """Print the test accuracy of cnn_small in the time of ten plain epochs."""
    baseline = plain("animals", 10)
    limit = baseline["seconds"]
    # The limit ends training; opening and writing the model come on top, so they are taken off.
    found = [
        loupe("animals", "cnn_small", "--seed", str(seed), "--time-limit", str(limit - 15))
        for seed in range(turns)
    ]
    mean = statistics.mean(each["test_accuracy"] for each in found)
    print("| way | seconds | epochs | test accuracy |")
    print("|---|---:|---:|---:|")
    print(f"| ImageDataGenerator, authors' network | {limit:.0f} | 10 "
          f"| {baseline['accuracy']:.4f} |")  # fmt: skip
    for seed, each in enumerate(found):
        print(f"| cnn_small, {each['precision']}, seed {seed} | {each['seconds']:.0f} "
              f"| {each['epochs']} | {each['test_accuracy']:.4f} |")  # fmt: skip
    print(f"| mean (target 0.85) | | | {mean:.4f} |")
    return mean >= 0.85 and all(each["seconds"] <= limit for each in found)


def cifar10(turns: int) -> bool:
    """Print seconds and accuracy of ten epochs of cnn_tiny."""
    pairs = in_turn(turns, lambda: plain("cifar10", 10), lambda: loupe("cifar10", "cnn_tiny"))
    shares = [sum(b["epoch_seconds"]) / sum(a["epochs"]) for a, b in pairs]
    print("| ten epochs | model.fit, NumPy | Loupe | share (target 0.6) | accuracy (0.84) |")
    print("|---|---:|---:|---:|---:|")
    plain_seconds = statistics.median(sum(a["epochs"]) for a, _ in pairs)
    seconds = statistics.median(sum(b["epoch_seconds"]) for _, b in pairs)
    share = statistics.median(shares)
    right = statistics.median(b["test_accuracy"] for _, b in pairs)
    print(f"| cnn_tiny, {pairs[0][1]['precision']} | {plain_seconds:.0f} | {seconds:.0f} "
          f"| {share:.2f} | {right:.4f}; "
          f"plain {pairs[0][0]['accuracy']:.4f} |")  # fmt: skip
    return share <= 0.6 and right >= 0.84


def precision(turns: int) -> bool:
    """Print the test accuracy of the presets that choose their precision, in each, by seed."""
    sets = [("digits", "cnn_tiny"), ("animals", "cnn_small")]
    print("| test accuracy of seeds 0, 1, 2 | float32 | bfloat16 | difference of means |")
    print("|---|---:|---:|---:|")
    differences = []
    for data, preset in sets if turns > 1 else sets[:1]:
        found: dict[str, list[float]] = {"float32": [], "bfloat16": []}
        for seed in range(3):
            for name, reached in found.items():
                words = ("--seed", str(seed), "--set", f'precision="{name}"')
                reached.append(loupe(data, preset, *words)["test_accuracy"])
        lists = [", ".join(f"{each:.4f}" for each in reached) for reached in found.values()]
        differences.append(statistics.mean(found["bfloat16"]) - statistics.mean(found["float32"]))
        print(f"| {data}, {preset} | {lists[0]} | {lists[1]} | {differences[-1]:+.4f} |")
    return min(differences) >= -0.01


CASES = {"epoch": epoch, "accuracy": accuracy, "cifar10": cifar10, "precision": precision}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", choices=sorted(CASES))
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    return 0 if CASES[options.case](1 if options.quick else 3) else 1


if __name__ == "__main__":
    sys.exit(main())
