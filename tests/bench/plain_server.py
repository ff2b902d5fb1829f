"""What a tutorial would have one write: FastAPI and `model.predict`, one image a request.

    uvicorn tests.bench.plain_server:app

The network is MobileNetV2 with a head of three classes; its weights are random, which costs the
same. `predict_latency.py` starts it, and installs what it needs (`plain_requirements.txt`).
"""

import io

import keras
import numpy as np
from fastapi import FastAPI, UploadFile
from PIL import Image

SIZE = 224
NAMES = ("cats", "dogs", "snakes")
app = FastAPI()
base = keras.applications.MobileNetV2(
    input_shape=(SIZE, SIZE, 3), include_top=False, pooling="avg", weights=None
)
model = keras.Sequential([base, keras.layers.Dense(len(NAMES), activation="softmax")])
model.predict(np.zeros((1, SIZE, SIZE, 3), np.float32), verbose=0)


@app.post("/predict/")
async def predict(images: UploadFile) -> dict[str, float]:
    """Return the classes of one image with their probabilities."""
    image = Image.open(io.BytesIO(await images.read())).convert("RGB").resize((SIZE, SIZE))
    pixels = np.asarray(image, np.float32)[None] / 127.5 - 1
    answer = model.predict(pixels, verbose=0)[0]
    return dict(zip(NAMES, map(float, answer), strict=True))
