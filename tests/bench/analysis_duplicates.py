"""Near duplicates among 60,000 CIFAR-10 images and 500 planted copies: time, memory, recall.

``python -m tests.bench.analysis_duplicates [SHEET.png]`` from the repository root.
The contact sheet shows, side by side, the weakest pair of each of 196 random groups
that were there before the planting: precision is what the eye says of it.
"""

import io
import json
import resource
import sys
import time

import numpy as np
from PIL import Image

from datasets.analysis.duplicates import NearDuplicates, near_duplicates
from datasets.analysis.fingerprint import fingerprint, stack_thumbnails
from datasets.analysis.groups import group_ids
from tests.datasets.analysis.planting import CHANGES, CIFAR10, files_in, near_copy

PLANTED = 500
COLUMNS = 14


def main() -> None:
    random = np.random.default_rng(1)
    contents = [content for _, content in files_in(CIFAR10)]
    chosen = np.sort(random.choice(len(contents), PLANTED, replace=False))
    start = time.process_time()
    rows = [fingerprint(opened(content)).thumbnail for content in contents]
    fingerprints_seconds = time.process_time() - start
    changes = np.array([CHANGES[turn % 4] for turn in range(PLANTED)])
    for index, change in zip(chosen, changes, strict=True):
        rows.append(fingerprint(near_copy(opened(contents[index]), change, random)).thumbnail)
    thumbnails = stack_thumbnails(rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    found = near_duplicates(thumbnails)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ids = group_ids(found.groups, len(rows))
    hit = ids[chosen] == ids[len(contents) :]
    print(
        json.dumps(
            {
                "images": len(rows),
                "decode_and_fingerprint_cpu_s": round(fingerprints_seconds, 1),
                "search_wall_s": round(wall, 1),
                "search_cpu_s": round(cpu, 1),
                "peak_mb": peak // 1024,
                "peak_before_search_mb": before // 1024,
                "pairs": len(found.pairs),
                "groups": len(found.groups),
                "largest_group": max(map(len, found.groups)),
                "recall": hit.mean(),
                "recall_by_change": {one: hit[changes == one].mean() for one in CHANGES},
            },
            indent=1,
        )
    )
    if len(sys.argv) > 1:
        weakest = np.array(list(weakest_pairs(found, ids, len(contents)).values()))
        shown = found.pairs[np.sort(random.permutation(weakest)[: COLUMNS * 14])]
        sheet(shown, contents).save(sys.argv[1])


def weakest_pairs(found: NearDuplicates, ids: np.ndarray, originals: int) -> dict[int, int]:
    """Return, for each group, the place in ``pairs`` of its least agreeing pair of originals."""
    weakest: dict[int, int] = {}
    for place in np.argsort(-found.agreements, kind="stable").tolist():
        if found.pairs[place, 1] < originals:
            weakest[int(ids[found.pairs[place, 0]])] = place
    return weakest


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def sheet(pairs: np.ndarray, contents: list[bytes]) -> Image.Image:
    """Return the pairs side by side, 48 pixels each."""
    drawn = Image.new("RGB", (COLUMNS * 102, -(-len(pairs) // COLUMNS) * 52), "white")
    for place, pair in enumerate(pairs):
        for side, index in enumerate(pair):
            position = (place % COLUMNS * 102 + side * 49, place // COLUMNS * 52)
            drawn.paste(opened(contents[index]).resize((48, 48)), position)
    return drawn


if __name__ == "__main__":
    main()
