"""One explanation, from what was asked for to the picture."""

import base64
from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.engine.errors import EngineError
from classifier.engine.explain.explainer import Explainer
from classifier.engine.explain.methods import (
    CAM,
    CANNOT_EXPLAIN,
    GRAD_CAM,
    NO_SUCH_CLASS,
    OCCLUSION,
    Wish,
    no_such_class,
)
from classifier.engine.explain.occlusion import occlusion
from classifier.engine.explain.picture import heat_of, map_png, overlay_png, place_in_words
from classifier.engine.runtime.answer import HeatMap
from classifier.engine.runtime.head_predictor import Answering
from classifier.engine.samples import Pixels
from common.fit import Fit

# What speaks less for a class, in logits, decides nothing: not even rounding is less.
LEAST = 0.05


def heat_map(
    model: Answering, explainer: Explainer, wish: Wish, pixels: Pixels, image: Pixels, best: str
) -> Generator[None, None, HeatMap]:
    """Return the heat-map that is asked for, of one image.

    ``pixels`` are the image as the model takes it, ``image`` (height, width, 3) upright and
    whole; ``best`` is the most probable class. Yields where others may have their turn. Raises
    EngineError: ``no_such_class``, ``cannot_explain`` with what this model can do.
    """
    class_name = wish.class_name or best
    index = _index_of(class_name, model.class_names)
    method = _method(wish.method, explainer.methods)
    found: npt.NDArray[np.floating[Any]]
    fit: Fit
    height, width, _ = image.shape
    if method == CAM:
        found, _ = yield from explainer.cam(pixels, model.views, index)
    elif method == GRAD_CAM:
        found = yield from explainer.grad_cam(pixels, model.views, index)
    else:
        found = yield from occlusion(model, pixels, (width, height), index)
    heat = heat_of(found)
    if (heat.max() if method == OCCLUSION else heat.sum()) < LEAST:
        heat = np.zeros_like(heat)
    # Covers lie in the image, maps in the square that it became.
    fit = "stretch" if method == OCCLUSION else model.views[0].fit
    png = overlay_png(heat, fit, image) if wish.overlay else map_png(heat, fit, width, height)
    return HeatMap(
        png=base64.b64encode(png).decode(),
        method=method,
        class_name=class_name,
        place=place_in_words(heat, fit, width, height),
    )


def _index_of(class_name: str, names: Sequence[str]) -> int:
    if class_name not in names:
        raise EngineError(NO_SUCH_CLASS, no_such_class(class_name, names))
    return names.index(class_name)


def _method(wanted: str, possible: Sequence[str]) -> str:
    if wanted and wanted not in possible:
        raise EngineError(
            CANNOT_EXPLAIN,
            f"This model's answers cannot be explained by {wanted}; they can by "
            f"{' or '.join(possible)}.",
        )
    return wanted or possible[0]
