"""Loupe from Python: datasets, training, reports, predictions.

import loupe

client = loupe.connect("https://loupe.example.org", token="loupe_…")
dataset = client.create_dataset("Animals")
dataset.import_images("animals/")
run = dataset.freeze().train("efficientnet_lite0")
print(run.report().accuracy)
print(run.model_version.predict("cat.jpg")[0])
"""

from loupe.api import VERSION, Api
from loupe.client import Loupe, connect, sign_in
from loupe.errors import LoupeError
from loupe.images import image_paths
from loupe.predictions import Prediction

__version__ = VERSION
__all__ = [
    "Api",
    "Loupe",
    "LoupeError",
    "Prediction",
    "__version__",
    "connect",
    "image_paths",
    "sign_in",
]
