"""A program of ten lines for each exported file, as the page and `docs/exports.md` show it."""

from typing import NamedTuple

from classifier.engine.formats.exports import ExportFormat


class _Parts(NamedTuple):
    """What differs between formats: imports, how a file is opened, how it answers."""

    standard: str
    others: tuple[str, ...]
    opened: str
    facts: str
    answers: str


_ONNX = _Parts(
    "import json",
    ("import numpy as np", "import onnxruntime"),
    'session = onnxruntime.InferenceSession("{file}")',
    'json.loads(session.get_modelmeta().custom_metadata_map["loupe"])',
    "session.run(\n"
    "    [session.get_outputs()[0].name], {{session.get_inputs()[0].name: pixels[None]}}\n"
    ")[0][0]",
)
_LITE = _Parts(
    "import json, zipfile",
    ("import numpy as np", "from ai_edge_litert.interpreter import Interpreter"),
    'run = Interpreter("{file}").get_signature_runner()',
    'json.loads(zipfile.ZipFile("{file}").read("loupe.json"))',
    'run(image=pixels[None])["probabilities"][0]',
)
_KERAS = _Parts(
    "import json, zipfile",
    ("import keras", "import numpy as np"),
    'model = keras.saving.load_model("{file}", compile=False)',
    'json.loads(zipfile.ZipFile("{file}").read("loupe.json"))',
    "model.predict(pixels[None], verbose=0)[0]",
)
_SAVED_MODEL = _Parts(
    "import json, pathlib",
    ("import numpy as np", "import tensorflow as tf"),
    'model = tf.saved_model.load("model")  # what {file} holds, unpacked\n'
    'serve = model.signatures["serving_default"]',
    'json.loads(pathlib.Path("model/assets.extra/loupe.json").read_text("utf-8"))',
    'serve(image=tf.constant(pixels[None]))["probabilities"][0].numpy()',
)
_PARTS = {".onnx": _ONNX, ".tflite": _LITE, ".keras": _KERAS, ".saved_model.zip": _SAVED_MODEL}

_PROGRAM = """\
{standard}
from functools import partial
{others}
from PIL import Image, ImageOps

{opened}
facts = {facts}
fit = {{
    "stretch": Image.Image.resize,
    "crop": ImageOps.fit,
    "pad": partial(ImageOps.pad, color="#808080"),
}}[facts["fit"]]
photo = ImageOps.exif_transpose(Image.open("photo.jpg")).convert("RGB")
size = [facts["image_size"]] * 2
pixels = np.asarray(fit(photo, size, Image.Resampling.BILINEAR))
answers = {answers}
print(facts["class_names"][answers.argmax()], answers.max())
"""


def program_of(format: ExportFormat) -> str:
    """Return a program that asks a file of this format about ``photo.jpg``; empty for none."""
    parts = next((each for end, each in _PARTS.items() if format.file.endswith(end)), None)
    if parts is None:
        return ""
    named = [each.format(file=format.file) for each in (parts.opened, parts.facts, parts.answers)]
    opened, facts, answers = named
    return _PROGRAM.format(
        standard=parts.standard,
        others="\n".join(parts.others),
        opened=opened,
        facts=facts,
        answers=answers,
    )
