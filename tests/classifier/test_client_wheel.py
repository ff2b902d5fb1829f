"""The wheel that a Loupe serves, installed into an empty environment as the README says."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from PIL import Image as Picture

from accounts.models import APIToken
from datasets.models import Image
from loupe.api import VERSION
from tests.classifier.conftest import COLORS, RED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]

PROGRAM = """
import sys, loupe
client = loupe.connect()
[answer] = client.model(sys.argv[1]).predict(["red.png"])
print(client.dataset("Squares").image_count, answer.class_name, *sys.version_info[:2])
"""


def older() -> str:
    """Return the oldest Python that the client is for; skip where this machine has none."""
    found = shutil.which("python3.10")
    if not found or subprocess.run([found, "-c", ""], capture_output=True).returncode:
        pytest.skip("no python3.10 here")
    return found


@pytest.fixture
def version(stack, user, make_model_version):
    return make_model_version(user)


@pytest.mark.parametrize("python", ["this", "3.10"])
def test_the_served_wheel_works_by_itself(stack, user, version, tmp_path, python):
    token = APIToken.objects.create(user, name="laptop", scopes=["read", "write", "predict"])[1]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LOUPE_URL": stack.url,
        "LOUPE_TOKEN": token,
    }

    def run(*command: object) -> str:
        done = subprocess.run(
            list(map(str, command)),
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=200,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    home = tmp_path / "venv"
    run(sys.executable if python == "this" else older(), "-m", "venv", home)
    wheel = f"{stack.url}/static/client/loupe-{VERSION}-py3-none-any.whl"
    run(home / "bin" / "pip", "install", "--quiet", "--no-cache-dir", wheel)
    installed = json.loads(run(home / "bin" / "pip", "list", "--format", "json"))
    named = {each["name"] for each in installed}
    # httpx, and what it needs; on an older Python a module that is the newer one's own.
    assert named - {"pip", "setuptools"} <= {
        "loupe", "httpx", "httpcore", "h11", "certifi", "idna", "anyio", "sniffio",
        "exceptiongroup", "typing_extensions",
    }  # fmt: skip

    for name, color in COLORS.items():
        (tmp_path / "Squares" / name).mkdir(parents=True)
        for size in range(16, 20):
            Picture.new("RGB", (size, 16), color).save(tmp_path / "Squares" / name / f"{size}.png")
    assert "Squares: 8 added" in run(home / "bin" / "loupe", "push", "Squares")
    assert Image.objects.filter(dataset__name="Squares").count() == 8
    (tmp_path / "red.png").write_bytes(RED)
    (tmp_path / "ask.py").write_text(PROGRAM)
    count, name, *found = run(home / "bin" / "python", "ask.py", version.model_id).split()
    assert (count, name) == ("8", "red")
    assert ".".join(found) == (python if python == "3.10" else "{}.{}".format(*sys.version_info))
