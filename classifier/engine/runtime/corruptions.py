"""Images made worse in six ways and five severities, as cameras, hands and networks do it.

After Hendrycks and Dietterich, "Benchmarking neural network robustness to common corruptions and
perturbations", 2019, in spirit: their code is for photographs of 224 pixels; here strengths go with
the side of the square that the model sees, so that a digit of 28 pixels is blurred as much.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from classifier.engine.samples import Pixels

SEVERITIES = (1, 2, 3, 4, 5)
_GREY = (128, 128, 128)


@dataclass(frozen=True)
class Corruption:
    """One way: its name, the strength at each severity, how that is said, and what it does.

    ``worsen`` takes pixels (side, side, 3), a strength and a seeded generator.
    """

    name: str
    strengths: tuple[float, ...]
    words: str
    worsen: Callable[[Pixels, float, np.random.Generator], Pixels]

    def strength_of(self, severity: int) -> str:
        """Return what a severity from 1 to 5 is, in words."""
        return self.words.format(self.strengths[severity - 1])


def worsened(images: Pixels, corruption: Corruption, severity: int) -> Pixels:
    """Return the images (n, side, side, 3), uint8, made worse; the same each time."""
    strength = corruption.strengths[severity - 1]
    return np.stack(
        [
            corruption.worsen(image, strength, np.random.default_rng([severity, number]))
            for number, image in enumerate(images)
        ]
    )


def _blur(image: Pixels, strength: float, random: np.random.Generator) -> Pixels:
    radius = strength / 100 * len(image)
    return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))


def _noise(image: Pixels, strength: float, random: np.random.Generator) -> Pixels:
    return _bytes(image + random.normal(0, strength / 100 * 255, image.shape))


def _brightness(image: Pixels, strength: float, random: np.random.Generator) -> Pixels:
    # Too dark and too light take turns by chance.
    sign = 1 if random.random() < 0.5 else -1
    return _bytes(image.astype(np.float32) + sign * strength / 100 * 255)


def _jpeg(image: Pixels, strength: float, random: np.random.Generator) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=int(strength))
    return np.asarray(Image.open(file).convert("RGB"))


def _rotation(image: Pixels, strength: float, random: np.random.Generator) -> Pixels:
    angle = strength if random.random() < 0.5 else -strength
    turned = Image.fromarray(image).rotate(angle, Image.Resampling.BILINEAR, fillcolor=_GREY)
    return np.asarray(turned)


def _crop(image: Pixels, strength: float, random: np.random.Generator) -> Pixels:
    side = len(image)
    kept = max(1, round(side * (1 - strength / 100)))
    top, left = random.integers(0, side - kept + 1, 2).tolist()
    part = Image.fromarray(image[top : top + kept, left : left + kept])
    return np.asarray(part.resize((side, side), Image.Resampling.BILINEAR))


def _bytes(values: npt.NDArray[np.floating]) -> Pixels:
    return values.round().clip(0, 255).astype(np.uint8)


CORRUPTIONS = (
    Corruption("blur", (0.5, 1, 1.5, 2.5, 4), "radius {:g} % of the side", _blur),
    Corruption("noise", (4, 8, 12, 18, 26), "standard deviation {:g} % of white", _noise),
    Corruption("brightness", (10, 20, 30, 40, 50), "{:g} % darker or lighter", _brightness),
    Corruption("jpeg", (50, 30, 18, 10, 5), "quality {:g}", _jpeg),
    Corruption("rotation", (5, 10, 20, 35, 50), "{:g}° either way", _rotation),
    Corruption("crop", (10, 20, 30, 40, 55), "{:g} % of the side cut off", _crop),
)
