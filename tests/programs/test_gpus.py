"""Which GPUs there are: what an operator names, what CUDA is told, what NVIDIA's tool lists."""

import os
import subprocess
import sys

import pytest

from classifier.training.kinds import TRAIN
from programs.gpus import gpus_of_machine, read_gpu, read_gpus, read_list
from programs.launch import ROOT, Program

# As `nvidia-smi -L` writes: the second device is divided into two.
LISTED = """\
GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-5a1c9f0e-0000-1111-2222-333344445555)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-6b2d0a1f-0000-1111-2222-333344445555)
  MIG 3g.20gb     Device  0: (UUID: MIG-c7384736-a75d-5afc-978f-d2f1294409fd)
  MIG 3g.20gb     Device  1: (UUID: MIG-a28ad590-3fda-56dd-84fc-0a0b96edc58d)
"""
WHOLE = "GPU-5a1c9f0e-0000-1111-2222-333344445555"
PARTS = ["MIG-c7384736-a75d-5afc-978f-d2f1294409fd", "MIG-a28ad590-3fda-56dd-84fc-0a0b96edc58d"]


def test_a_divided_gpu_counts_as_its_parts():
    assert read_list(LISTED) == [WHOLE, *PARTS]


@pytest.mark.parametrize(
    ("text", "devices"),
    [("", None), ("none", []), (" 0, 1 ", ["0", "1"]), (WHOLE, [WHOLE]), (PARTS[0], [PARTS[0]])],
)
def test_an_operator_names_gpus(text, devices):
    assert read_gpus(text) == devices


@pytest.mark.parametrize("text", ["0,0", "0,,1", "all", "-1", "0;1", "../x", "GPU-../../x"])
def test_what_names_no_gpu_or_one_twice_is_refused(text):
    with pytest.raises(ValueError, match="LOUPE_GPUS"):
        read_gpus(text)


def test_the_driver_is_asked_where_nothing_else_is_said(tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\ntest \"$1\" = -L && cat <<'END'\n{LISTED}END\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert gpus_of_machine(None) == [WHOLE, *PARTS]
    assert gpus_of_machine([]) == []
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    assert gpus_of_machine(None) == ["2", "3"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpus_of_machine(None) == []
    tool.write_text("#!/bin/sh\necho 'No devices were found'; exit 6\n")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert gpus_of_machine(None) == []


def test_programs_see_no_gpu_unless_they_inherit_everything(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert Program(module="x").environment()["CUDA_VISIBLE_DEVICES"] == ""
    assert Program(module="x", secrets=True).environment()["CUDA_VISIBLE_DEVICES"] == "1"


LOOKS_FOR_NONE = """
import importlib, sys
for module in sys.argv[1:]:
    importlib.import_module(module)
from tensorflow.python.eager import context
print(context.context()._physical_devices, context.context()._initialized)
"""


def test_what_trainings_preload_looks_for_no_gpu():
    """So what a fork says of GPUs afterwards still counts: CUDA reads it at its first use."""
    looked = subprocess.run(
        [sys.executable, "-c", LOOKS_FOR_NONE, *TRAIN.needs.preload],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert looked.stdout.split() == ["None", "False"], looked.stdout
    assert "cuInit" not in looked.stderr


def test_one_gpu_for_predictions_is_named_or_none():
    assert [read_gpu(text) for text in ("", " 1 ", "GPU-5a1c")] == ["", "1", "GPU-5a1c"]
    for text in ("0,1", "none", "cuda"):
        with pytest.raises(ValueError, match="names one GPU"):
            read_gpu(text)
