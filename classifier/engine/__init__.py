"""Pure Keras, NumPy and Pillow: presets, training, measurement, formats and answers.

Knows nothing of Django, DRF, Celery nor any app. Two kinds of module:

- light (the web process may import them; no TensorFlow, Keras or ONNX Runtime): the modules of this
  folder, ``presets.config``, ``presets.registry``, ``measure`` and ``backbones.registry``;
- for workers alone: ``runtime.predictor`` (ONNX Runtime), and, with Keras, ``fit``, ``formats`` and
  the rest of ``backbones`` and ``presets``.
"""

import os

# ONNX Runtime from 1.29 on keeps an id of the machine and reports its use to Microsoft, unless this
# is set before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
