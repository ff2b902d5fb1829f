"""The augmentation of a run as one NumPy function: what is switched on and nothing else.

It draws the numbers that the trainer draws (``augment.draws``), so that both change the same images
in the same way; a test compares them for every change.
"""

from classifier.engine.fit.augment.draws import RAND, RAND_COUNT
from classifier.engine.fit.script.number import number
from classifier.engine.presets.augmentation import CHANGES, Augmentations

_PIXELS = ("brightness", "contrast", "colour")


def augmentation_text(values: Augmentations) -> str:
    """Return the function ``changed`` (images, targets, epoch, step) and what it needs."""
    if not values.any:
        return ""
    parts = [*_moved(values), *_blurred(values), *_recoloured(values)]
    parts += [_INKED] if values.rand_augment else []
    if values.random_erasing:
        parts.append(_ERASED.replace("PROBABILITY", f"{number(values.random_erasing)}"))
    parts += _mixed(values)
    body = "".join(parts)
    begin = _BEGIN + (_EACH if "each(" in body else "")
    return _needs(values) + begin + body + "    return images, targets\n"


def _needs(values: Augmentations) -> str:
    used = {name: place for place, name in enumerate(CHANGES) if getattr(values, name)}
    if values.mixes:
        used["mixup"] = CHANGES.index("mixup")
    streams = "".join(f'    "{name}": {place},\n' for name, place in used.items())
    text = "\n\n# Each change draws from a stream of random numbers of its own.\n"
    text += f"STREAMS = {{\n{streams}}}\n"
    if values.rand_augment:
        strongest = "".join(f'    "{name}": {number(most)},\n' for name, most in RAND.items())
        text += f"# RandAugment: the strongest change of each kind.\nRAND = {{\n{strongest}}}\n"
    if values.blur or values.rand_augment:
        text += _BLURRED
    if values.random_erasing or values.cutmix:
        text += _INSIDE
    return text


_BLURRED = '''

def blurred(images, sigma):
    """Return images under a Gaussian blur of `sigma` pixels."""
    reach = max(1, round(2 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights = (weights / weights.sum()).astype("float32")
    for shape in ((-1, 1), (1, -1)):
        kernel = np.repeat(weights.reshape(shape)[:, :, None, None], 3, axis=2)
        images = ops.depthwise_conv(images, kernel, padding="same")
    return np.asarray(images)
'''
_INSIDE = '''

def inside(top, left, bottom, right):
    """Return (n, SIDE, SIDE, 1): which pixels lie in rectangles; shares of the side, (n,) each."""
    top, left, bottom, right = (
        each.astype("float32")[:, None, None] for each in (top, left, bottom, right)
    )
    places = ((np.arange(SIDE) + 0.5) / SIDE).astype("float32")
    down, along = places[None, :, None], places[None, None, :]
    return ((down >= top) & (down < bottom) & (along >= left) & (along < right))[..., None]
'''
_BEGIN = '''

def changed(images, targets, epoch, step):
    """Return images (n, SIDE, SIDE, 3) of 0..255 changed at random, and their targets."""
    images, count = images.astype("float32"), len(images)

    def draw(change, low, high, part=0):
        stream = [SEED, epoch, step, STREAMS[change], part]
        return np.random.default_rng(stream).uniform(low, high, count)

'''
_EACH = """\
    def each(values):
        return values.astype("float32")[:, None, None, None]

"""


def _moved(values: Augmentations) -> list[str]:
    """Return what moves pixels: one transform, so that an image is resampled once."""
    lines = []
    if values.rand_augment:
        lines.append(_RAND_DRAWN.replace("CHOSEN", str(RAND_COUNT)).replace(
            "STRENGTH", f"{number(values.rand_augment)}"))  # fmt: skip
    if not values.moves:
        return ["".join(lines)]
    rand = bool(values.rand_augment)

    def between(name: str, reach: float, extra: str = "") -> str:
        own = f'draw("{name}", -{number(reach)}, {number(reach)})' if reach else ""
        more = f'extra["{extra}"]' if rand and extra else ""
        return " + ".join(filter(None, (own, more)))

    def mirrored(name: str, probability: float) -> str:
        return f'np.where(draw("{name}", 0, 1) < {probability:g}, -1.0, 1.0)' if probability else ""

    turn, slant = (
        between("rotate", values.rotate, "rotate"),
        between("shear", values.shear, "shear"),
    )
    low, high = 1 - values.zoom, 1 + values.zoom
    scale = [f'draw("zoom", {low!r}, {high!r})'] if values.zoom else []
    if values.crop:
        lines.append(f'    kept = draw("crop", {1 - values.crop!r}, 1)\n')
        scale.append("kept")
    lines.append("    # From places in the result to places in the original.\n")
    terms = {
        "mirror": mirrored("flip", values.flip),
        "upside": mirrored("flip_vertical", values.flip_vertical),
        "turn": f"np.radians({turn})" if turn else "",
        "slant": f"np.tan(np.radians({slant}))" if slant else "",
        "scale": " * ".join(scale),
    }
    for name, text in terms.items():
        neutral = "np.zeros(count)" if name in ("turn", "slant") else "np.ones(count)"
        lines.append(f"    {name} = {text or neutral}\n")
    lines.append(_shifts(values))
    lines.append(_TRANSFORM)
    return ["".join(lines)]


def _shifts(values: Augmentations) -> str:
    """Return how far images are moved, in whole pixels: a fraction would blur them a little."""
    sides = {"right": ("", 'extra["translate"]'), "down": (", part=1", "")}
    text = ""
    for name, (part, extra) in sides.items():
        found = []
        if values.translate:
            found.append(f'draw("translate", -1, 1{part}) * {number(values.translate)} * SIDE')
        if values.rand_augment and extra:
            found.append(f"{extra} * SIDE")
        moved = f"np.round({' + '.join(found)})" if found else "np.zeros(count)"
        if values.crop:
            place = 1 if name == "right" else 2
            room = f'draw("crop", -1, 1, part={place}) * (1 - kept) * SIDE / 2'
            moved = f"{room} + {moved}" if found else room
        text += f"    {name} = {moved}\n"
    return text


_TRANSFORM = """\
    cosine, sine = np.cos(turn) * scale, np.sin(turn) * scale
    a, b = cosine * mirror, (cosine * slant - sine) * upside
    c, d = sine * mirror, (sine * slant + cosine) * upside
    middle, zero = (SIDE - 1) / 2, np.zeros(count)
    first = [a, b, middle - (a + b) * middle + right]
    second = [c, d, middle - (c + d) * middle + down]
    transforms = np.stack([*first, *second, zero, zero], axis=1).astype("float32")
    images = np.asarray(ops.image.affine_transform(images, transforms, fill_mode="reflect"))
"""
_RAND_DRAWN = """\
    ranks = np.stack([draw("rand_augment", 0, 1, part) for part in range(len(RAND))])
    chosen, extra = ranks.argsort(axis=0).argsort(axis=0) < CHOSEN, {}
    for place, (name, most) in enumerate(RAND.items()):
        sign = np.where(draw("rand_augment", -1, 1, 20 + place) < 0, -1, 1)
        extra[name] = chosen[place] * sign * most * STRENGTH
    extra["invert"] = (extra["invert"] != 0) * 1.0
"""


def _blurred(values: Augmentations) -> list[str]:
    if not values.blur and not values.rand_augment:
        return []
    drawn = 'draw("blur", 0, 1)' if values.blur else ""
    extra = 'np.abs(extra["blur"])' if values.rand_augment else ""
    share = f"np.maximum({drawn}, {extra})" if drawn and extra else drawn or extra
    sigma = f"{number(values.blur or 1.5)}"
    return [
        f"    soft = blurred(images, {sigma}) / blurred(np.ones_like(images[:1]), {sigma})\n"
        f"    images = images + (soft - images) * each({share})\n"
    ]


def _recoloured(values: Augmentations) -> list[str]:
    factors = {name: _factor(name, values) for name in _PIXELS}
    if not any(factors.values()):
        return []
    text = ""
    if factors["colour"]:
        text += (
            "    grey = images.mean(axis=3, keepdims=True)\n"
            f"    images = grey + (images - grey) * each({factors['colour']})\n"
        )
    if factors["contrast"]:
        text += (
            "    mean = images.mean(axis=(1, 2, 3), keepdims=True)\n"
            f"    images = mean + (images - mean) * each({factors['contrast']})\n"
        )
    if factors["brightness"]:
        text += f"    images = images * each({factors['brightness']})\n"
    return [text + "    images = images.clip(0.0, 255.0)\n"]


def _factor(name: str, values: Augmentations) -> str:
    reach = getattr(values, name)
    own = f'1 + draw("{name}", -{number(reach)}, {number(reach)})' if reach else ""
    if not values.rand_augment:
        return own
    extra = f'1 + extra["{name}"]'
    return f"({own}) * ({extra})" if own else extra


_INKED = """\
    limit = 256.0 * (1.0 - 0.5 * each(np.abs(extra["solarize"])))
    images = np.where(images >= limit, 255.0 - images, images)
    shades = 1.0 + 63.0 * each(np.abs(extra["posterize"]))
    images = np.where(shades > 1.0, np.floor(images / shades) * shades, images)
    images = np.where(each(extra["invert"]) > 0.5, 255.0 - images, images)
"""
_ERASED = """\
    area = draw("random_erasing", 0.02, 0.33)
    ratio = np.exp(draw("random_erasing", np.log(0.3), np.log(3.3), part=1))
    height, width = np.minimum(np.sqrt(area * ratio), 1), np.minimum(np.sqrt(area / ratio), 1)
    top = draw("random_erasing", 0, 1, part=2) * (1 - height)
    left = draw("random_erasing", 0, 1, part=3) * (1 - width)
    hit = draw("random_erasing", 0, 1, part=4) < PROBABILITY
    erased = inside(top * hit, left * hit, (top + height) * hit, (left + width) * hit)
    images = np.where(erased, images.mean(axis=(1, 2), keepdims=True), images)
"""


def _mixed(values: Augmentations) -> list[str]:
    """Return how images are put together of two; with both kinds, a batch gets one of them."""
    if not values.mixes:
        return []
    text = _MIX_BEGIN
    both = values.mixup and values.cutmix
    if both:
        text += "    if random.random() < 0.5:\n" + _indented(_paste(values))
        text += "    else:\n" + _indented(_blend(values))
    else:
        text += _paste(values) if values.cutmix else _blend(values)
    text += _MIX_END
    return ["    if count > 1:  # an image alone has no partner\n" + _indented(text)]


_MIX_BEGIN = """\
    # An image's partner is as far from the batch's end as it is from the start.
    other = images[::-1]
    random = np.random.default_rng([SEED, epoch, step, STREAMS["mixup"]])
"""
_MIX_END = """\
    own = own.astype("float32")[:, None]
    targets = targets * own + targets[::-1] * (1 - own)
"""


def _blend(values: Augmentations) -> str:
    return (
        f"    own = random.beta({number(values.mixup)}, {number(values.mixup)}, count)\n"
        "    images = images * each(own) + other * (1 - each(own))\n"
    )


def _paste(values: Augmentations) -> str:
    return f"""\
    own = random.beta({number(values.cutmix)}, {number(values.cutmix)}, count)
    half, centre = np.sqrt(1 - own) / 2, random.uniform(0, 1, (2, count))
    low = np.round(np.clip(centre - half, 0, 1) * SIDE) / SIDE
    high = np.round(np.clip(centre + half, 0, 1) * SIDE) / SIDE
    images = np.where(inside(*low, *high), other, images)
    own = 1 - (high - low).prod(axis=0)
"""


def _indented(text: str) -> str:
    return "".join(f"    {line}" for line in text.splitlines(keepends=True))
