"""Pure Keras, NumPy and Pillow: presets, training, evaluation, export and inference.

Knows nothing of Django, DRF, Celery nor any app. Two kinds of module:

- light (importable in the web process, no TensorFlow, Keras or ONNX Runtime): ``config``,
  ``presets``, ``errors``, ``images``, ``samples``, ``observer``, ``outcome``, ``libraries``,
  ``weights``, ``evaluation``;
- for workers alone: ``inference`` and ``embedding`` (ONNX Runtime), and, with Keras,
  ``training``, ``export``, ``ready_made`` and the modules they are made of.
"""
