"""The web process stays light: no TensorFlow, ONNX Runtime, scikit-learn, scipy.stats or Optuna."""

import subprocess
import sys

from tests.servers import REPOSITORY_DIR

HEAVY = ("tensorflow", "keras", "onnxruntime", "sklearn", "tf2onnx", "optuna", "scipy.stats")
PROGRAM = f"""
import sys, django
django.setup()
import config.urls, classifier.pages.views, classifier.pages.forms, classifier.admin
print([name for name in {HEAVY!r} if name in sys.modules])
"""


def test_the_web_process_imports_no_heavy_library():
    import os

    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=REPOSITORY_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "[]"
