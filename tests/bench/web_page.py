"""The web page beside Loupe: how often raw JPEGs get another answer, how large it is, how fast.

    python -m tests.bench.web_page [IMAGES [NAME…]]

The built-in ImageNet model (EfficientNet-Lite0; 1,000 classes are a hard judge of flips), a head
on EfficientNet-Lite0 that tells cats, dogs and snakes apart, fitted on 300 photographs, and each of
the classic methods fitted on the pixels of these. NAME is `ImageNet`, or a preset.
All are asked about IMAGES (200) other photographs, as they are (256 × 256), as PNG of the same
pixels, and made larger to 1,600 pixels and saved as JPEG, which Pillow decodes smaller. The page is
opened from a file in Chromium without a network. Prints a Markdown table. Needs ``../shared/data``.
"""

import base64
import io
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnxruntime as ort
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from classifier.engine.backbones.built_in import FILE, build_imagenet_model
from classifier.engine.fit.training import train
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.formats.web_page import write_web_page
from classifier.engine.presets.registry import checked_config
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.samples import TrainingSamples
from common.pixels import read_pixels
from tests.bench.heads import Silent
from tests.classifier.engine.file_pixels import FilePixels
from tests.datasets.analysis.planting import ANIMALS, files_in

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "platform/frontend/dist/offline/page.html"
TRAIN, VALIDATION, IMAGES = 300, 60, 200
LARGE = 1600
IMAGENET = "ImageNet"
CLASSIC = (
    "logistic_regression",
    "gradient_boosting",
    "random_forest",
    "decision_tree",
    "k_nearest_neighbours",
    "linear_svm",
    "rbf_svm",
)
NAMES = (IMAGENET, "efficientnet_lite0", *CLASSIC)
SAID: dict[str, str | int] = {"model_name": "Bench", "version": 1}
# Chromium's `evaluate` waits for the promise.
ASK = """(text) => new Promise((done) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const files = new DataTransfer();
    files.items.add(new File([bytes], "picture"));
    const began = performance.now();
    document.addEventListener("loupe:answer", ({ detail }) =>
        done([detail.probabilities, performance.now() - began]), { once: true });
    document.dispatchEvent(new DragEvent("drop", { dataTransfer: files, cancelable: true }));
})"""


def photographs(count: int) -> list[tuple[str, bytes]]:
    """Return JPEG files with their classes, from all over the set."""
    found = [
        (name.split("/")[-2], content)
        for name, content in files_in(ANIMALS)
        if content.startswith(b"\xff\xd8\xff")
    ]
    np.random.default_rng(0).shuffle(found)
    return found[:count]


def kinds_of(content: bytes) -> dict[str, bytes]:
    """Return the photograph as it is, as PNG, and as a large JPEG."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    scale = LARGE / max(picture.size)
    sides = round(picture.width * scale), round(picture.height * scale)
    png, large = io.BytesIO(), io.BytesIO()
    picture.save(png, "PNG")
    picture.resize(sides, Image.Resampling.LANCZOS).save(large, "JPEG", quality=90)
    return {
        "JPEG, as it is": content,
        "PNG of its pixels": png.getvalue(),
        f"JPEG of {LARGE} pixels": large.getvalue(),
    }


def fitted(preset: str, samples: list[tuple[str, bytes]], folder: Path) -> Path:
    """Fit the preset, a classic one on pixels; return the served file."""
    names = sorted({name for name, _ in samples})
    rows = []
    for number, (name, content) in enumerate(samples):
        path = folder / f"{number}.jpg"
        path.write_bytes(content)
        rows.append((str(path), names.index(name)))
    for each in ("backbones", "measured"):
        (folder / each).mkdir()
    train(
        samples=TrainingSamples(train=rows[:TRAIN], validation=rows[TRAIN:], pixels=FilePixels()),
        config=checked_config(preset, {"input": "pixels"} if preset in CLASSIC else {}),
        preset=preset,
        class_names=names,
        output_dir=folder / preset,
        weights_dir=None,
        backbones_dir=folder / "backbones",
        measured_dir=folder / "measured",
        observer=Silent(),
        checkpoint_dir=None,
    )
    return folder / preset / "model.onnx"


@contextmanager
def opened(path: Path) -> Iterator[tuple[Page, float]]:
    """Open the page without a network; also return the seconds until it could be asked."""
    chromium = shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context()
        context.set_offline(True)
        page = context.new_page()
        began = time.monotonic()
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]", timeout=60_000)
        yield page, time.monotonic() - began
        browser.close()


def asked(page: Page, content: bytes) -> tuple[np.ndarray, float]:
    """Return the page's probabilities, and the milliseconds from the file to them."""
    found, milliseconds = page.evaluate(ASK, base64.b64encode(content).decode())
    return np.array(found, np.float32), milliseconds


def compared(name: str, model: Path, images: list[tuple[str, bytes]], folder: Path) -> None:
    """Print a row for each kind of file."""
    content = model.read_bytes()
    meta = ort.InferenceSession(content).get_modelmeta().custom_metadata_map
    facts = ModelFacts.from_json(meta["loupe"])
    path = folder / f"{name}.html"
    write_web_page(PAGE, content, facts, SAID, path)
    predictor = Predictor.of(content)
    rows: dict[str, list[tuple[bool, float, float]]] = {}
    with opened(path) as (page, seconds):
        for _, photograph in images:
            for kind, file in kinds_of(photograph).items():
                pixels = read_pixels(file, facts.image_size, facts.fit)
                expected = predictor.predict(pixels[None])[0]
                found, milliseconds = asked(page, file)
                flipped = bool(found.argmax() != expected.argmax())
                difference = float(np.abs(found - expected).max())
                rows.setdefault(kind, []).append((flipped, difference, milliseconds))
    size = path.stat().st_size
    print(f"\n{name}: model {len(content):,} bytes, page {size:,}, ready in {seconds:.1f} s")
    print("| file | images | flipped | largest difference | 99th percentile | median ms |")
    print("|---|---:|---:|---:|---:|---:|")
    for kind, found in rows.items():
        flips, differences, times = (np.array(column) for column in zip(*found, strict=True))
        print(
            f"| {kind} | {len(found)} | {flips.sum()} | {differences.max():.2g} | "
            f"{np.percentile(differences, 99):.2g} | {np.median(times):.0f} |",
            flush=True,
        )


def main(count: int = IMAGES, *names: str) -> None:
    """Compare these models, all if none is named."""
    if not ANIMALS.is_file():
        print(f"Skipped: {ANIMALS} is not there.")
        return
    found = photographs(TRAIN + VALIDATION + count)
    learned, images = found[: TRAIN + VALIDATION], found[TRAIN + VALIDATION :]
    with tempfile.TemporaryDirectory() as name:
        for preset in names or NAMES:
            folder = Path(name) / preset
            folder.mkdir()
            if preset == IMAGENET:
                build_imagenet_model(folder)
                compared(preset, folder / FILE, images, folder)
            else:
                compared(preset, fitted(preset, learned, folder), images, folder)
    print(json.dumps({"processors": len(os.sched_getaffinity(0)), "load": os.getloadavg()[0]}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *sys.argv[2:])
