"""`make demo`: the main job on real data, through the public API alone.

Loads scikit-learn's 1,797 handwritten digits, freezes a version, trains, evaluates, predicts; then
asks the model that comes with Loupe about a photograph.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from demo.client import Client, DemoFailed
from demo.report import print_answer, print_predictions, print_report, print_step, show_progress
from demo.sample import photograph, write_digits_archive

PREDICTED_IMAGES = 5


def main() -> int:
    """Run the demo against `LOUPE_URL` and return the exit code."""
    started = time.monotonic()
    url = os.environ["LOUPE_URL"]
    client = Client(url, os.environ["LOUPE_ADMIN_USERNAME"], os.environ["LOUPE_ADMIN_PASSWORD"])
    try:
        run = run_main_job(client)
    except DemoFailed as failure:
        print(f"\nThe demo stopped: {failure}", file=sys.stderr)
        return 1
    print(f"\nDone in {time.monotonic() - started:.0f} s. Look at it: {url}/training/{run['id']}/")
    print(f"Sign in as {os.environ['LOUPE_ADMIN_USERNAME']} with the password", end=" ")
    print(f"{os.environ['LOUPE_ADMIN_PASSWORD']}\n", flush=True)
    return 0


def run_main_job(client: Client) -> dict[str, Any]:
    """Upload, freeze, train, evaluate and predict; return the finished training run.

    Raises `DemoFailed` with what the platform said.
    """
    print_step("Upload 1,797 handwritten digits")
    dataset = client.post("datasets/", json={"name": f"Digits {time.strftime('%Y-%m-%d %H:%M')}"})
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "digits.zip"
        write_digits_archive(archive)
        upload = client.upload(f"datasets/{dataset['id']}/imports/", archive)
    result = client.wait(upload["job"], show_progress)["result"]
    print(f"  {result['images_added']} images added, {result['rejected']} rejected")

    print_step("Freeze a version: 70 % train, 10 % validation, 20 % test, stratified")
    split = {"strategy": "stratified", "train": 0.7, "validation": 0.1, "test": 0.2, "seed": 0}
    version = client.post(f"datasets/{dataset['id']}/versions/", json={"split": split})
    print(f"  version {version['number']}, digest {version['digest'][:12]}")

    print_step("Train the preset cnn_tiny")
    body = {"dataset_version": version["id"], "preset": "cnn_tiny", "config": {"seed": 0}}
    run = client.post("training-runs/", json=body)
    client.wait(run["job"], show_progress)
    run = client.get(f"training-runs/{run['id']}/")

    print_step("Evaluate on images that training never saw")
    reports = client.get(f"model-versions/{run['model_version']}/evaluations/")["results"]
    report = reports[0]
    client.wait(report["job"], show_progress)
    report = client.get(f"evaluations/{report['id']}/")
    print_report(report)

    print_step(f"Predict {PREDICTED_IMAGES} of them")
    predict(client, run, version)

    print_step("Ask the built-in ImageNet model about a photograph")
    ask_built_in_model(client)
    return run


def predict(client: Client, run: dict[str, Any], version: dict[str, Any]) -> None:
    """Ask the new model about a few test images and print its answers."""
    path = f"dataset-versions/{version['id']}/samples/?split=test&page_size={PREDICTED_IMAGES}"
    samples = client.get(path)["results"]
    images = [client.get(f"images/{sample['image']}/") for sample in samples]
    files = [("images", (image["name"], client.download(image["file_url"]))) for image in images]
    model = client.get(f"model-versions/{run['model_version']}/")["model"]
    answer = client.post(f"models/{model}/predict/", files=files)
    print_predictions(answer["predictions"], [sample["class_name"] for sample in samples])


def ask_built_in_model(client: Client) -> None:
    """Ask the model that comes with Loupe about a photograph and print its best answers."""
    built_in = next(model for model in client.pages("models/") if model["organization"] is None)
    name, content = photograph()
    path = f"models/{built_in['id']}/predict/"
    answer = client.post(path, data={"top_k": 3}, files=[("images", (name, content))])
    print_answer(built_in["name"], answer["predictions"][0])


if __name__ == "__main__":
    sys.exit(main())
