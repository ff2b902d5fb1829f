"""Edges, textures and colours as ONNX operators are those of scikit-image."""

import numpy as np
import pytest
from skimage.feature import hog, local_binary_pattern

from classifier.engine.formats.classic.model_file import feature_session
from classifier.engine.formats.classic.plan import FeaturePlan


def pictures(side: int) -> np.ndarray:
    """Noise, flat areas, ramps along every axis, and a wave: where the last bit decides."""
    random = np.random.default_rng(0)
    found = random.integers(0, 256, (10, side, side, 3)).astype(np.uint8)
    down, right = np.mgrid[:side, :side]
    found[:3] = found[:3] // 64 * 64
    found[3] = 255
    found[4, :, : side // 2] = 200
    found[5] = ((down + right) * 3 % 256)[..., None]
    found[6] = ((down - right) % 256)[..., None]
    found[7] = (right * 5 % 256)[..., None]
    wave = 128 + 60 * np.sin(down / 3)[..., None] + random.normal(0, 1, (side, side, 3))
    found[8] = np.clip(wave, 0, 255)
    return found


def by_scikit_image(pixels: np.ndarray, part: str, plan: FeaturePlan) -> np.ndarray:
    grey = pixels.astype(np.int64) @ [299, 587, 114]
    used = plan.cells * plan.cell
    if part == "pixels":
        return pixels.ravel() / 255 if plan.colour else grey.ravel() / 255_000
    if part == "hog":
        cell = (plan.cell, plan.cell)
        small = (grey / 255_000).astype(np.float32)
        return hog(small, pixels_per_cell=cell, cells_per_block=(2, 2))
    if part == "lbp":
        codes = local_binary_pattern(((grey + 500) // 1000).astype(np.uint8), 8, 1, "uniform")
        planes = np.eye(10)[codes.astype(int)]
    else:
        planes = np.eye(8)[pixels // 32].reshape(plan.side, plan.side, 24)
    planes = planes[:used, :used].reshape(plan.cells, plan.cell, plan.cells, plan.cell, -1)
    return planes.mean(axis=(1, 3)).ravel()


@pytest.mark.parametrize("kind", ["pixels", "hog", "lbp", "colours", "hog_lbp_colours"])
@pytest.mark.parametrize(("side", "cells", "colour"), [(32, 4, True), (50, 6, False)])
def test_numbers_are_scikit_images(kind, side, cells, colour) -> None:
    plan = FeaturePlan(kind=kind, side=side, colour=colour, cells=cells)
    found = feature_session(plan)(pictures(side))
    assert found.shape[1] == plan.width() == len(plan.names())
    for pixels, numbers in zip(pictures(side), found, strict=True):
        wanted = [by_scikit_image(pixels, part, plan) for part in plan.parts]
        np.testing.assert_allclose(numbers, np.concatenate(wanted), atol=2e-6)


def test_importances_lie_where_their_pixels_are() -> None:
    grey = FeaturePlan(kind="pixels", side=4, colour=False, cells=2)
    assert grey.names()[5] == "pixel row 2, column 2"
    assert grey.as_map(np.arange(16.0))[1, 1] == 5
    edges = FeaturePlan(kind="hog", side=12, colour=False, cells=3)
    values = np.zeros(edges.width())
    place = edges.names().index("cell 3, 1: edges at 40°")
    values[place] = 1
    assert edges.as_map(values)[2, 0] == 1
    colours = FeaturePlan(kind="hog_lbp_colours", side=12, colour=False, cells=3)
    values = np.zeros(colours.width())
    values[colours.names().index("cell 1, 3: green 64 to 95")] = 2
    assert colours.as_map(values)[0, 2] == 2
    assert FeaturePlan(kind="vectors", side=224, colour=False, cells=2).as_map(values) is None
