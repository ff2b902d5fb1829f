"""Which types a ``model.skops`` may hold beyond those that skops itself trusts.

Loupe reads such a file once, right after writing it, and serves the ONNX file. Trees stand here
because skops trusts no file with them: their nodes are numbers that are used unchecked.
"""

ALLOWED = [
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
]
