"""Auto on photographs of animals: how good the model is that ten minutes find, and what they took.

`make run`, then `python -m tests.bench.auto [MINUTES]` with the address and the administrator in
LOUPE_URL, LOUPE_ADMIN_USERNAME and LOUPE_ADMIN_PASSWORD; or all at once:

    python -m embedded run --then "python -m tests.bench.auto" --once

The dataset is imported and embedded before the clock starts. Prints the verdict and a Markdown
table of the candidates; ends with 1 where the accuracy on the 600 test images is below 0.99 or the
budget is exceeded.
"""

import os
import sys
import time
from typing import Any

from loupe import sign_in
from tests.bench.zip_to_report import ARCHIVE, import_animals, settle, wait

LEAST_ACCURACY = 0.99


def main(minutes: float) -> int:
    """Measure once."""
    if not ARCHIVE.is_file():
        print(f"Skipped: {ARCHIVE} is not there.")
        return 0
    client = sign_in(
        os.environ["LOUPE_URL"],
        os.environ["LOUPE_ADMIN_USERNAME"],
        os.environ["LOUPE_ADMIN_PASSWORD"],
    )
    dataset = client.create_dataset("animals")
    import_animals(dataset)
    version = dataset.freeze(strategy="folder")
    settle(client)
    started = time.monotonic()
    asked = {
        "kind": "auto",
        "dataset_version": version.id,
        "budget_seconds": round(60 * minutes),
    }
    experiment = client.api.post("experiments/", asked)
    wait(client, experiment["job"])
    seconds = time.monotonic() - started
    result = client.api.get(f"experiments/{experiment['id']}/")["result"]
    _tell(result, seconds)
    accuracy = result["test"]["accuracy"]
    return int(accuracy < LEAST_ACCURACY or seconds > 60 * minutes)


def _tell(result: dict[str, Any], seconds: float) -> None:
    print(f"\n{result['verdict']}\n")
    print("| candidate | validation | p | seconds | images/s |\n|---|---:|---:|---:|---:|")
    for row in result["candidates"]:
        if row["status"] == "skipped":
            print(f"| {row['title']} | left out: {row['reason']} | | | |")
            continue
        p = "–" if row["p_value"] is None else f"{row['p_value']:.3f}"
        speed = row["images_per_second"]
        print(
            f"| {row['title']} | {row['accuracy']:.4f} | {p} | {row['seconds']:.1f} | "
            f"{'–' if speed is None else round(speed)} |"
        )
    for step in result["next"]:
        print(f"- {step['text']}")
    print(f"\n{seconds:.0f} s; test accuracy {result['test']['accuracy']:.4f}")


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0))
