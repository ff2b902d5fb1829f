"""A classic training as one program of its own: scikit-learn and the frozen version's zip."""

from importlib.metadata import version
from typing import Any

from classifier.engine.formats.classic.plan import (
    BLOCK,
    DIRECTIONS,
    PATTERNS,
    POINTS,
    STEPS,
    FeaturePlan,
)
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.formats.script_text import FILES, pixels_text

_BEGIN = '''\
"""Trains {preset} as Loupe did, without Loupe, and says how often it is right on the test split.

    pip install {packages}
    python training_script.py VERSION.zip{arguments}

VERSION.zip is the frozen dataset version, as Loupe's page of the version gives it{also}.
"""

import csv
import io
import sys
import zipfile

import numpy as np
from PIL import Image, ImageOps
{imports}
CLASSES = {classes!r}
SIDE = {side}

'''
_GREY = '''
def grey_of(pixels):
    """Return grey in thousandths (ITU-R BT.601), whole numbers."""
    return pixels.astype(np.int64) @ np.array([299, 587, 114])

'''
_CELLS = '''
CELLS = {cells}
CELL = SIDE // CELLS


def shares_of(values, count):
    """Return how often each of `count` values stands in each cell."""
    used = CELLS * CELL
    planes = np.eye(count, dtype=np.float32)[values[:used, :used]]
    return planes.reshape(CELLS, CELL, CELLS, CELL, -1).mean(axis=(1, 3)).ravel()

'''
_PARTS = {
    "pixels": "(grey_of(pixels) / np.float32(255_000)).astype(np.float32).ravel()",
    "pixels in colour": "pixels.astype(np.float32).ravel() / np.float32(255)",
    "hog": f"""hog(
            (grey_of(pixels) / 255_000).astype(np.float32),
            orientations={DIRECTIONS},
            pixels_per_cell=(CELL, CELL),
            cells_per_block=({BLOCK}, {BLOCK}),
            block_norm="L2-Hys",
        )""",
    "lbp": f"""shares_of(
            local_binary_pattern(
                ((grey_of(pixels) + 500) // 1000).astype(np.uint8), {POINTS}, 1, "uniform"
            ).astype(int),
            {PATTERNS},
        )""",
    "colours": f"shares_of(pixels // {256 // STEPS}, {STEPS})",
}
_NUMBERS = '''
def numbers_of(images):
    """Return the numbers (n, width) that the method learns from, as float32."""
    return np.stack([_numbers(pixels) for pixels in images]).astype(np.float32)


def _numbers(pixels):
    return np.concatenate([
        {parts},
    ])

'''
_VECTORS = '''
# The model's file holds the pretrained network under the method: its second output.
SESSION = onnxruntime.InferenceSession(sys.argv[2], providers=["CPUExecutionProvider"])


def numbers_of(images):
    """Return the vectors (n, width) that the method learns from, as float32."""
    pairs = [SESSION.run(["vector"], {"image": pixels[None]}) for pixels in images]
    return np.concatenate([vectors for [vectors] in pairs])

'''
_END = '''
def read(archive, split):
    """Return the numbers and class indices of a split, in the order in which Loupe reads it."""
    found = files_of(archive, split)
    images = (pixels_of(archive.read(name)) for name, _ in found)
    labels = np.array([place for _, place in found])
    return (numbers_of(images) if found else np.empty((0, 0))), labels


def main():
    with zipfile.ZipFile(sys.argv[1]) as archive:
        train, labels = read(archive, "train")
        test, truth = read(archive, "test")
{preparation}    method = {estimator}
    method.fit(train, labels)
    if not len(truth):
        print("The version has no test split.")
        return
    right = (method.predict(test) == truth).mean()
    print(f"test accuracy {{right:.6f}} on {{len(truth)}} images")


if __name__ == "__main__":
    main()
'''
_STANDARDISE = """\
    scaler = StandardScaler()
    for start in range(0, len(train), 1024):
        scaler.partial_fit(train[start : start + 1024])
    train, test = scaler.transform(train), scaler.transform(test) if len(test) else test
"""
_COMPONENTS = """\
    components = IncrementalPCA(n_components={count}, batch_size={batch}).fit(train)
    train = components.transform(train).astype(np.float32)
    test = components.transform(test).astype(np.float32) if len(test) else test
"""


def script_of(
    estimator: Any, plan: FeaturePlan, *, standardise: bool, components: int, facts: ModelFacts
) -> str:
    """Return the program. ``estimator`` is scikit-learn's, not fitted.

    ``components`` is how many principal components were kept, 0 for none.
    """
    vectors = plan.kind == "vectors"
    text = _BEGIN.format(
        preset=facts.preset,
        packages=" ".join(_packages(plan)),
        arguments=" model.onnx" if vectors else "",
        also=";\nmodel.onnx is the model's file, for the network under the method" * vectors,
        imports=_imports(estimator, plan, standardise, components),
        classes=list(facts.class_names),
        side=plan.side,
    )
    text += pixels_text(facts.fit) + FILES
    if vectors:
        text += _VECTORS
    else:
        text += _GREY if plan.kind != "colours" else ""
        text += _CELLS.format(cells=plan.cells) if plan.kind != "pixels" else ""
        names = ["pixels in colour"] if plan.kind == "pixels" and plan.colour else plan.parts
        text += _NUMBERS.format(parts=",\n        ".join(_PARTS[name] for name in names))
    preparation = _STANDARDISE if standardise else ""
    if components:
        batch = max(2 * components, 512)
        preparation += _COMPONENTS.format(count=components, batch=batch)
    written = estimator.__repr__(N_CHAR_MAX=100_000)
    return text + _END.format(preparation=preparation, estimator=written.replace("\n", "\n    "))


def _packages(plan: FeaturePlan) -> list[str]:
    """Return what to install, in the versions of here; scikit-image is no part of Loupe."""
    names = ["scikit-learn", "numpy", "pillow"]
    names += ["onnxruntime"] if plan.kind == "vectors" else []
    found = [f"{name}=={version(name)}" for name in names]
    return [*found, "scikit-image"] if {"hog", "lbp"} & {*plan.parts} else found


def _imports(estimator: Any, plan: FeaturePlan, standardise: bool, components: int) -> str:
    parts = {estimator, *(each for each in estimator.get_params().values() if _is_one(each))}
    lines = {
        f"from {'.'.join(type(each).__module__.split('.')[:2])} import {type(each).__name__}"
        for each in parts
    }
    if standardise:
        lines.add("from sklearn.preprocessing import StandardScaler")
    if components:
        lines.add("from sklearn.decomposition import IncrementalPCA")
    names = {"hog": "hog", "lbp": "local_binary_pattern"}
    if used := [names[part] for part in plan.parts if part in names]:
        lines.add(f"from skimage.feature import {', '.join(used)}")
    if plan.kind == "vectors":
        lines.add("import onnxruntime")
    return "\n".join(sorted(lines)) + "\n"


def _is_one(value: Any) -> bool:
    return hasattr(value, "get_params")
