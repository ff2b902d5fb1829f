"""What may be imported where."""

import subprocess
import sys

import pytest

LIGHT = (
    "errors libraries observer outcome samples backbones.registry measure.evaluation "
    "measure.verdict presets.config presets.registry runtime.batches"
)
HEAVY = ("tensorflow", "keras", "tf2onnx", "onnx")


def loaded_by(modules: list[str]) -> set[str]:
    names = ", ".join(f"classifier.engine.{module}" for module in modules)
    program = f"import sys, {names}; print(' '.join(name for name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_light_modules_load_no_network_library() -> None:
    loaded = loaded_by(LIGHT.split())
    assert not loaded & {*HEAVY, "onnxruntime"}


@pytest.mark.parametrize("forbidden", [HEAVY])
def test_serving_loads_no_tensorflow(forbidden) -> None:
    loaded = loaded_by(["runtime.predictor", "measure.evaluation"])
    assert "onnxruntime" in loaded
    assert not loaded & {*forbidden, "django", "celery"}
