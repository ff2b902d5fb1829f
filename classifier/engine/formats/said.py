"""What an exported file carries besides the network: its classes, and what the caller must do."""

import json
import zipfile
from pathlib import Path

from classifier.engine.formats.facts import METADATA_ENTRY, ModelFacts
from common.fit import Fit

LABELS_ENTRY = "labels.txt"
# What goes in and what comes out, where a format has names for these.
IMAGE, PROBABILITIES = "image", "probabilities"
_FITS: dict[Fit, str] = {
    "stretch": "scale its width and height separately",
    "crop": "cut the largest square out of its middle, then scale that",
    "pad": "scale its longer side, then fill up with bars of grey (128, 128, 128)",
}


def entries(facts: ModelFacts) -> dict[str, str]:
    """Return the texts that go with a file, by name.

    ``loupe.json`` has what ``ModelFacts`` writes and, in words, what goes in; ``labels.txt`` a
    class name a line, in the order of the answers.
    """
    side = facts.image_size
    values = {
        **json.loads(facts.to_json()),
        "input": f"RGB images of {side} x {side} pixels, uint8, 0 to 255. Scaling of the numbers "
        f"is inside. Resizing is not: turn the photo upright, {_FITS[facts.fit]} to {side} x "
        f"{side} (bilinear, antialiased).",
        "output": "A probability for each class, in the order of class_names.",
    }
    # A name with a line break would shift those after it.
    names = [" ".join(name.split()) for name in facts.class_names]
    return {
        METADATA_ENTRY: json.dumps(values, ensure_ascii=False, indent=1),
        LABELS_ENTRY: "".join(f"{name}\n" for name in names),
    }


def append_entries(path: Path, facts: ModelFacts) -> None:
    """Append them as a zip to a file whose readers stop before its end, as TensorFlow Lite's do."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries(facts).items():
            archive.writestr(name, text)
