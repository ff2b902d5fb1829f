"""Planted label errors: how many are among the first suggestions, and what 60,000 images cost.

``python -m tests.bench.analysis_label_errors [scale]`` from the repository root.
With the library cleanlab installed, it also says how far both agree.
"""

import json
import resource
import sys
import time

import numpy as np

from datasets.analysis import label_errors
from datasets.analysis.directions import directions
from datasets.analysis.principal_components import principal_components
from tests.datasets.analysis.features import features
from tests.datasets.analysis.planting import ANIMALS, CIFAR10, files_in


def labels_of(archive, prefix: str) -> np.ndarray:
    classes = [name.split("/")[1] for name, _ in files_in(archive, prefix)]
    return np.unique(classes, return_inverse=True)[1]


def planted(labels: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    wrong = random.choice(len(labels), count, replace=False)
    classes = int(labels.max()) + 1
    given = labels.copy()
    given[wrong] = (given[wrong] + random.integers(1, classes, count)) % classes
    return given, wrong


def components(embeddings: np.ndarray) -> np.ndarray:
    blocks = np.array_split(embeddings, max(1, len(embeddings) // 4_000))
    return principal_components(lambda: map(directions, blocks), label_errors.DIMENSIONS)


def report(name: str, embeddings: np.ndarray, labels: np.ndarray, count: int, first: int) -> None:
    for seed in range(3):
        given, wrong = planted(labels, count, seed)
        cpu = time.process_time()
        parts = components(embeddings)
        found = label_errors.find_label_errors(parts, given, np.arange(len(labels)))
        facts = {
            "set": name,
            "images": len(labels),
            "planted": count,
            "suggestions": len(found.indices),
            f"found_in_first_{first}": round(
                float(np.isin(wrong, found.indices[:first]).mean()), 3
            ),
            "accuracy": round(found.accuracy, 3),
            "cpu_s": round(time.process_time() - cpu, 1),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            **beside_cleanlab(parts, given),
        }
        print(json.dumps(facts), flush=True)
        if len(labels) > 20_000:
            return


def beside_cleanlab(parts: np.ndarray, given: np.ndarray) -> dict[str, int]:
    try:
        from cleanlab.filter import find_label_issues
    except ImportError:
        return {}
    probabilities = label_errors.out_of_fold(parts, given, np.arange(len(given)), seed=0)
    theirs = find_label_issues(
        given,
        probabilities,
        filter_by="prune_by_noise_rate",
        return_indices_ranked_by="normalized_margin",
        n_jobs=1,
    )
    ours = label_errors.confident_disagreements(probabilities, given)[0]
    common = len(set(theirs.tolist()) & set(ours.tolist()))
    return {"cleanlab": len(theirs), "ours": len(ours), "common": common}


def main() -> None:
    if sys.argv[1:] == ["scale"]:
        embeddings = features(CIFAR10, "test/", 96).astype(np.float16)
        labels = np.tile(labels_of(CIFAR10, "test/"), 6)
        random = np.random.default_rng(0)
        parts = [
            embeddings + random.normal(0, 0.2, embeddings.shape).astype(np.float16)
            for _ in range(6)
        ]
        report("cifar10 test six times, with noise", np.concatenate(parts), labels, 3000, 3000)
        return
    animals = features(ANIMALS, "validation/")
    report("animals validation", animals, labels_of(ANIMALS, "validation/"), 60, 100)
    cifar = features(CIFAR10, "test/", 96)
    report("cifar10 test", cifar, labels_of(CIFAR10, "test/"), 1000, 1667)


if __name__ == "__main__":
    main()
