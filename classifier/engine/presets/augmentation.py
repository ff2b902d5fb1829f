"""How training images are changed at random: levels, and every change by itself."""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from classifier.engine.presets.setting import setting

Augmentation = Literal["none", "shift", "mirror", "full"]
_SECTION = "Augmentation"


@dataclass(frozen=True, kw_only=True)
class Augmentations:
    """The strength of every change, 0 where it is off.

    Degrees for ``rotate`` and ``shear``, pixels for ``blur``, the parameter of the beta
    distribution for ``mixup`` and ``cutmix``, probabilities for ``flip``, ``flip_vertical`` and
    ``random_erasing``, shares for the others.
    """

    flip: float = 0.0
    flip_vertical: float = 0.0
    rotate: float = 0.0
    zoom: float = 0.0
    shear: float = 0.0
    translate: float = 0.0
    crop: float = 0.0
    colour: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    blur: float = 0.0
    rand_augment: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    random_erasing: float = 0.0

    @property
    def any(self) -> bool:
        """Whether anything changes."""
        return self != NOTHING

    @property
    def moves(self) -> bool:
        """Whether pixels change their places."""
        places = (self.flip, self.flip_vertical, self.rotate, self.zoom, self.shear)
        return any((*places, self.translate, self.crop, self.rand_augment))

    @property
    def moves_whole_pixels(self) -> bool:
        """Whether pixels change their places and nothing more: none is made of several."""
        between = (self.rotate, self.zoom, self.shear, self.crop, self.rand_augment)
        return self.moves and not any(between)

    @property
    def mixes(self) -> bool:
        """Whether an image may be put together of two."""
        return bool(self.mixup or self.cutmix)


NOTHING = Augmentations()
LEVELS: dict[str, Augmentations] = {
    "none": NOTHING,
    "shift": Augmentations(translate=0.125),
    "mirror": Augmentations(flip=0.5, translate=0.125),
    "full": Augmentations(
        flip=0.5,
        translate=0.125,
        rotate=15.0,
        zoom=0.2,
        colour=0.25,
        brightness=0.25,
        contrast=0.25,
    ),
}


def _change(title: str, description: str, maximum: float, word: str = "") -> Any:
    return setting(
        title,
        description,
        default=None,
        minimum=0.0,
        maximum=maximum,
        section=_SECTION,
        word=word,
    )


@dataclass(frozen=True, kw_only=True)
class AugmentationSettings:
    """A level of augmentation, and what differs from it."""

    augmentation: Augmentation = setting(
        "Augmentation",
        "Random changes that show each training image a little differently: shift moves it (safe "
        "for digits and letters), mirror also swaps left and right, full also rotates and scales "
        "it and changes brightness, contrast and colour.",
        enum=get_args(Augmentation),
        group="basic",
        section=_SECTION,
        word="Changed copies teach the network what does not matter: where a thing lies, which way "
        "it faces, how bright the light is.",
    )
    flip: float | None = _change("Flip", "Probability of swapping left and right.", 1.0)
    flip_vertical: float | None = _change(
        "Flip upside down", "Probability of swapping top and bottom.", 1.0
    )
    rotate: float | None = _change("Rotate", "Up to so many degrees either way.", 180.0)
    zoom: float | None = _change("Zoom", "Up to this share larger or smaller.", 0.9)
    shear: float | None = _change("Shear", "Slants by up to so many degrees.", 45.0)
    translate: float | None = _change("Translate", "Moves by up to this share of the side.", 0.5)
    crop: float | None = _change(
        "Crop", "Cuts out a square with a side up to this share shorter, from anywhere.", 0.9
    )
    colour: float | None = _change("Colour", "Paler or stronger colours by up to this share.", 1.0)
    brightness: float | None = _change("Brightness", "Darker or lighter by up to this share.", 1.0)
    contrast: float | None = _change("Contrast", "Less or more contrast by up to this share.", 1.0)
    blur: float | None = _change("Blur", "Gaussian blur with a radius of up to so many pixels.", 4)
    rand_augment: float | None = _change(
        "RandAugment",
        "Two changes out of ten, drawn for each image, of this strength.",
        1.0,
        "One number in place of ten (Cubuk et al., 2020).",
    )
    mixup: float | None = _change(
        "MixUp",
        "Blends two images and their classes; 0.2 blends few, 1 any share.",
        2.0,
        "The network learns to be as sure as the image is clear (Zhang et al., 2018).",
    )
    cutmix: float | None = _change(
        "CutMix",
        "Pastes a piece of another image, and its class by the piece's share; 1 is usual.",
        2.0,
        "The network learns to look at more than the most telling part (Yun et al., 2019).",
    )
    random_erasing: float | None = _change(
        "Random erasing",
        "Probability of painting over a rectangle.",
        1.0,
        "Things that are partly hidden are to be recognised too (Zhong et al., 2020).",
    )

    @property
    def augmentations(self) -> Augmentations:
        """The strength of every change: the level's, and what differs from it."""
        level = LEVELS[self.augmentation]
        return replace(level, **self.changed_augmentations)

    @property
    def changed_augmentations(self) -> dict[str, float]:
        """The changes that are set by themselves."""
        values = {name: getattr(self, name) for name in CHANGES}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def augmentation_text(self) -> str:
        """The level and what differs from it: ``full, rotate 0``."""
        changed = [f"{name} {value:g}" for name, value in self.changed_augmentations.items()]
        return ", ".join([self.augmentation, *changed])


CHANGES = tuple(field.name for field in fields(Augmentations))
