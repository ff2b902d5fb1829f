"""The map of CIFAR-10: time, memory and how far neighbours stay neighbours.

``python -m tests.bench.analysis_projection COUNT`` from the repository root.
Embeddings are the small descriptors; with COUNT "animals", MobileNetV2's features.
"""

import io
import json
import resource
import sys
import time

import numpy as np
from PIL import Image
from sklearn.manifold import trustworthiness

from datasets.analysis.descriptor import describe
from datasets.analysis.directions import directions
from datasets.analysis.fingerprint import fingerprint, stack_colours, stack_thumbnails
from datasets.analysis.principal_components import principal_components
from datasets.analysis.projection import DIMENSIONS, project
from tests.datasets.analysis.features import features
from tests.datasets.analysis.planting import ANIMALS, CIFAR10, files_in


def main() -> None:
    if sys.argv[1] == "animals":
        embeddings = features(ANIMALS, "train/")
    else:
        embeddings = descriptors(int(sys.argv[1]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    blocks = np.array_split(embeddings, max(1, len(embeddings) // 4_000))
    components = principal_components(lambda: map(directions, blocks), DIMENSIONS)
    points = project(components).points
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    looked_at = np.random.default_rng(0).permutation(len(points))[:2500]
    kept = trustworthiness(
        embeddings[looked_at].astype(np.float32),
        points[looked_at],
        n_neighbors=15,
        metric="cosine",
    )
    print(
        json.dumps(
            {
                "images": len(points),
                "wall_s": round(wall, 1),
                "cpu_s": round(cpu, 1),
                "peak_mb": peak // 1024,
                "peak_before_mb": before // 1024,
                "trustworthiness_of_15_neighbours": round(float(kept), 3),
            }
        )
    )


def descriptors(count: int) -> np.ndarray:
    contents = [content for _, content in files_in(CIFAR10)]
    step = max(1, len(contents) // count)
    prints = [
        fingerprint(Image.open(io.BytesIO(content)).convert("RGB"))
        for content in contents[::step][:count]
    ]
    return describe(
        stack_thumbnails(one.thumbnail for one in prints),
        stack_colours(one.colours for one in prints),
    )


if __name__ == "__main__":
    main()
