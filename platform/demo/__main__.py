"""`make demo`: the main job on real data, through the Python client alone.

Loads scikit-learn's 1,797 handwritten digits, freezes a version, trains, evaluates, predicts; then
asks the model that comes with Loupe about a photograph.
"""

import os
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from demo.report import print_answer, print_predictions, print_report, print_step
from demo.sample import photograph, write_digits_archive
from loupe import Loupe, LoupeError, sign_in
from loupe.datasets import DatasetVersion
from loupe.images import ImageFile
from loupe.training import TrainingRun

PREDICTED_IMAGES = 5


def main() -> int:
    """Run the demo against `LOUPE_URL` and return the exit code."""
    started = time.monotonic()
    url = os.environ["LOUPE_URL"]
    username, password = os.environ["LOUPE_ADMIN_USERNAME"], os.environ["LOUPE_ADMIN_PASSWORD"]
    try:
        with sign_in(url, username, password, name="make demo") as client:
            run = run_main_job(client)
    except LoupeError as error:
        print(f"\nThe demo stopped: {error}", file=sys.stderr)
        return 1
    print(f"\nDone in {time.monotonic() - started:.0f} s. Look at it: {url}/training/{run.id}/")
    print(f"Sign in as {username} with the password {password}\n", flush=True)
    return 0


def run_main_job(client: Loupe) -> TrainingRun:
    """Upload, freeze, train, evaluate and predict; return the finished training run.

    Raises `LoupeError` with what the platform said.
    """
    print_step("Upload 1,797 handwritten digits")
    dataset = client.create_dataset(f"Digits {time.strftime('%Y-%m-%d %H:%M')}")
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "digits.zip"
        write_digits_archive(archive)
        counts = dataset.import_images(archive).counts
    print(f"  {counts['images_added']} images added, {counts['rejected']} rejected")

    print_step("Freeze a version: 70 % train, 10 % validation, 20 % test, stratified")
    version = dataset.freeze(train=0.7, validation=0.1, test=0.2)
    print(f"  version {version.number}, digest {version['digest'][:12]}")

    print_step("Train the preset cnn_tiny")
    run = version.train("cnn_tiny", config={"seed": 0})

    print_step("Evaluate on images that training never saw")
    print_report(run.report())

    print_step(f"Predict {PREDICTED_IMAGES} of them")
    predict(client, run, version)

    print_step("Ask the built-in ImageNet model about a photograph")
    ask_built_in_model(client)
    return run


def predict(client: Loupe, run: TrainingRun, version: DatasetVersion) -> None:
    """Ask the new model about a few test images and print its answers."""
    samples = list(islice(version.samples(split="test"), PREDICTED_IMAGES))
    images = [
        ImageFile(sample["name"], client.api.read(f"images/{sample['image']}/file/"), None)
        for sample in samples
    ]
    answers = run.model_version.predict(images)
    print_predictions(answers, [sample["class_name"] for sample in samples])


def ask_built_in_model(client: Loupe) -> None:
    """Ask the model that comes with Loupe about a photograph and print its best answers."""
    built_in = next(model for model in client.models() if model["organization"] is None)
    answers = built_in.predict(ImageFile(*photograph(), None), top_k=3)
    print_answer(built_in.name, answers[0])


if __name__ == "__main__":
    sys.exit(main())
