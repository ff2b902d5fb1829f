"""What a training script does with an image that is not square, as ``common.pixels`` does."""

from common.fit import BAR, Fit

_RESIZED = """\
    if image.size != (SIDE, SIDE):
        image = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=3.0)"""

# Lines of a function with the RGB ``image`` of Pillow; after them it is SIDE × SIDE.
FIT_LINES: dict[Fit, str] = {
    "stretch": f"""\
    # Fit: stretch. Width and height are scaled separately.
{_RESIZED}""",
    "crop": f"""\
    # Fit: crop. The largest square in the middle goes in.
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    image = image.crop((left, top, left + side, top + side))
{_RESIZED}""",
    "pad": f"""\
    # Fit: pad. Bars of middle grey make it a square.
    scale = SIDE / max(image.size)
    sides = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    if image.size != sides:
        image = image.resize(sides, Image.Resampling.BILINEAR, reducing_gap=3.0)
    square = Image.new("RGB", (SIDE, SIDE), {BAR})
    square.paste(image, ((SIDE - sides[0]) // 2, (SIDE - sides[1]) // 2))
    image = square""",
}
