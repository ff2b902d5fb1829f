"""What the exported scripts of all presets have in common: how they read a frozen version's zip."""

from classifier.engine.formats.fit_lines import FIT_LINES
from common.fit import Fit

_PIXELS = '''
def pixels_of(content):
    """Return an image file as upright RGB on white, (SIDE, SIDE, 3) of 0..255."""
    image = Image.open(io.BytesIO(content))
    image.draft(None, (2 * SIDE, 2 * SIDE))  # a large JPEG need not be decoded in full
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        levels = np.asarray(image, np.float64).clip(0, 65535) / 257  # 16-bit greys
        image = Image.fromarray(levels.round().astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("RGB")
FIT
    return np.asarray(image, np.uint8)

'''
# Needs csv, io and CLASSES.
FILES = '''
def files_of(archive, split):
    """Return (name, class index) of a split's images, in the order in which Loupe reads them."""
    with archive.open("labels.csv") as file:
        rows = list(csv.DictReader(io.TextIOWrapper(file, "utf-8", newline="")))
    # The table puts an apostrophe before what a spreadsheet would run.
    index = {name: place for place, name in enumerate(CLASSES)}
    index |= {"'" + name: place for name, place in index.items()}
    found = [(row["file"], index[row["class_name"]]) for row in rows if row["split"] == split]
    return sorted(found, key=lambda pair: (pair[0].rpartition("/")[2], pair[1]))

'''


def pixels_text(fit: Fit) -> str:
    """Return the function ``pixels_of``.

    It needs io, numpy as np, Image and ImageOps of Pillow, and SIDE.
    """
    return _PIXELS.replace("FIT", FIT_LINES[fit])
