"""The web process stays light: no TensorFlow, ONNX Runtime, scikit-learn, SciPy or Optuna.

Its image has only what docker/requirements-web.lock names; everything else is hidden here.
"""

import json
import os
import subprocess
import sys

from tests.servers import REPOSITORY_DIR

HEAVY = ("tensorflow", "keras", "onnxruntime", "sklearn", "tf2onnx", "optuna", "scipy")
PROGRAM = f"""
import sys, django
django.setup()
import config.urls, classifier.pages.views, classifier.pages.forms, classifier.admin
print([name for name in {HEAVY!r} if name in sys.modules])
"""
HIDE = """
import re, sys
from importlib.metadata import packages_distributions
from pathlib import Path

def plain(name):
    return re.sub("[-_.]+", "-", name).lower()

lock = Path("docker/requirements-web.lock").read_text()
kept = {plain(name) for name in re.findall(r"(?m)^([\\w.-]+)==", lock)} | {"loupe-platform"}
owners = packages_distributions()

class Hidden:
    def find_spec(self, name, path=None, target=None):
        of = {plain(each) for each in owners.get(name.partition(".")[0], ())}
        if of and not of & kept:
            raise ModuleNotFoundError(f"the image of the web server has no {name}", name=name)

sys.meta_path.insert(0, Hidden())
"""
WEB = """
import ast, importlib, pkgutil
import config.asgi, config.urls

import accounts.management.commands, backup.management.commands
import common.management.commands, datasets.management.commands
for package in (accounts, backup, common, datasets):
    for found in pkgutil.iter_modules(package.management.commands.__path__):
        importlib.import_module(f"{package.__name__}.management.commands.{found.name}")

# What functions import when they are called, the engine's modules too where workers are not the
# only ones that call; functions of the engine itself are called by workers alone.
for name, module in list(sys.modules.items()):
    file = Path(getattr(module, "__file__", None) or "/")
    if not file.is_relative_to(Path.cwd()) or ".venv" in file.parts or "engine" in file.parts:
        continue
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            names = [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
        for name in names:
            of_engine = name.startswith("classifier.engine") and "work" not in file.parts
            if of_engine or name.partition(".")[0] in owners:
                importlib.import_module(name)
"""
# What the web server starts: the writer of an instant model, and decoders of strangers' images.
CHILDREN = """
import classifier.engine.fit.instant_head, datasets.decoding.process, programs.child
import runpy
from classifier.engine.backbones.registry import BACKBONES

sys.argv = ["conversion", "efficientnet_lite0", "32",
            str(BACKBONES["efficientnet_lite0"].weights.at_hand(None)), OUTPUT]
runpy.run_module("classifier.engine.backbones.conversion", run_name="__main__")
sys.argv = ["conversion", "vgg16", "32", "no.h5", OUTPUT]
runpy.run_module("classifier.engine.backbones.conversion", run_name="__main__")
"""

# Neither image leaves it out: without it, something of ours is broken.
BROKEN = """
import runpy, sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name == "onnx":
            raise ModuleNotFoundError("No module named onnx", name=name)

sys.meta_path.insert(0, Hidden())
sys.argv = ["conversion", "efficientnet_lite0", "32", "no.pth", "no.onnx"]
try:
    runpy.run_module("classifier.engine.backbones.conversion", run_name="__main__")
except ModuleNotFoundError as error:
    print("raised", error.name)
"""


def _run(program: str) -> str:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def test_the_web_process_imports_no_heavy_library():
    assert _run(PROGRAM) == "[]"


def test_the_web_image_has_what_the_web_server_imports():
    _run(HIDE + WEB)


def test_the_web_image_has_what_its_programs_import(tmp_path):
    output = tmp_path / "backbone.onnx"
    written, refused = _run(f"{HIDE}OUTPUT = {str(output)!r}\n{CHILDREN}").splitlines()
    assert (written, output.stat().st_size > 10_000_000) == ("{}", True)
    # What only TensorFlow reads is a worker's business, and says so.
    assert json.loads(refused)["error"]["code"] == "weights_unavailable"


def test_a_missing_module_of_another_sort_is_no_business_of_workers():
    assert _run(BROKEN) == "raised onnx"
