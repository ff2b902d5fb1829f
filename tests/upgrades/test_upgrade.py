"""An installation of an early commit, upgraded, saved, and restored on another machine."""

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from embedded.data_folder import read_env, write_env
from tests.servers import REPOSITORY_DIR

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

# The first that people were given; everything stored since migrates.
EARLY = "731499a"
STORY = Path(__file__).with_name("story.py")
# What is installed here would fill the gaps of the early code.
ALONE = """
import sys
sys.meta_path[:] = [f for f in sys.meta_path if "Editable" not in getattr(f, "__name__", "")]
"""
# Its page of the API came from a package that is not installed any longer.
SIDECAR = '    "drf_spectacular_sidecar",\n'


@dataclass(frozen=True)
class Machine:
    """A data folder, and where its web server listens."""

    data: Path
    facts: Path
    port: int

    def embedded(self, *words: str, code: Path = REPOSITORY_DIR, **changes: str) -> str:
        """Run `python -m embedded …` of this code; return what it printed."""
        given = ("DATABASE_URL", "REDIS_URL", "LOUPE_IMAGES_REDIS_URL", "SECRET_KEY")
        environment = {name: value for name, value in os.environ.items() if name not in given}
        environment |= {
            "LOUPE_DATA_DIR": str(self.data),
            "LOUPE_PORT": str(self.port),
            "LOUPE_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
        }
        result = subprocess.run(
            [sys.executable, "-m", "embedded", *words],
            cwd=code,
            env=environment | changes,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert result.returncode == 0, result.stdout[-6000:]
        return result.stdout

    def tell(self, chapter: str, *words: str, **options: Any) -> dict[str, Any]:
        """Run Loupe for a chapter of the story; return all facts so far."""
        command = [sys.executable, str(STORY), chapter, str(self.facts), *words]
        self.embedded("run", "--then", shlex.join(command), "--once", **options)
        return json.loads(self.facts.read_text())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that every user may pass."""
    base = Path(tempfile.mkdtemp(prefix="lu-"))
    base.chmod(0o755)
    yield base
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="module")
def early(place: Path) -> Path:
    """The code of the early commit, to run on what is installed now."""
    packed = subprocess.run(
        ["git", "archive", EARLY], cwd=REPOSITORY_DIR, capture_output=True, check=False
    )
    if packed.returncode != 0:
        pytest.skip(f"the history has no {EARLY}: this is a shallow clone")
    code = place / "early"
    code.mkdir()
    subprocess.run(["tar", "-x"], cwd=code, input=packed.stdout, check=True)
    settings = code / "platform" / "config" / "settings.py"
    text = settings.read_text()
    assert SIDECAR in text
    settings.write_text(text.replace(SIDECAR, ""))
    (code / "sitecustomize.py").write_text(ALONE)
    shutil.copytree(
        REPOSITORY_DIR / "platform" / "frontend" / "dist", code / "platform" / "frontend" / "dist"
    )
    return code


@pytest.fixture(scope="module")
def machine(place: Path) -> Machine:
    return Machine(place / "data", place / "facts.json", free_port())


# What a report, run, version and model version are about; all of it is compared, at any depth.
FIGURES = {
    "version": {"digest", "number", "classes", "sample_counts"},
    "report": {"accuracy", "macro", "weighted", "per_class", "confusion_matrix", "log_loss"},
    "model_version": {"number", "classes", "preset", "file"},
    "run": {"name", "status", "preset", "metrics"},
}


def differences(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Yield where two answers differ; what one of them does not say is no difference."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() & after.keys():
            yield from differences(before[key], after[key], f"{path}/{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from differences(old, new, f"{path}/{place}")
    elif isinstance(before, float) and isinstance(after, float):
        if abs(before - after) > 1e-5:
            yield f"{path}: {before} is {after}"
    elif before != after:
        yield f"{path}: {before!r} is {after!r}"


def require_same(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Digests, reports and answers are what they were."""
    for noun, names in FIGURES.items():
        assert names <= before[noun].keys(), (noun, sorted(before[noun]))
        assert names <= after[noun].keys(), (noun, sorted(after[noun]))
        figures = [{name: told[noun][name] for name in names} for told in (before, after)]
        assert list(differences(*figures, noun)) == []
    for name in ("images", "answers"):
        assert list(differences(before[name], after[name], name)) == []


def test_an_early_installation_is_upgraded(early: Path, machine: Machine):
    paths = f"{early / 'platform'}:{early}"
    before = machine.tell("fill", code=early, PYTHONPATH=paths)
    assert before["fill"]["report"]["accuracy"] > 0.5
    after = machine.tell("look")
    require_same(before["fill"], after["look"])


def test_it_is_saved_while_it_trains_and_restored_elsewhere(machine: Machine, place: Path):
    saved = machine.tell("save", str(place / "backups"))
    other = Machine(place / "other", machine.facts, free_port())
    other.data.mkdir(mode=0o711)
    key = read_env(machine.data / "embedded.env")["SECRET_KEY"]
    write_env(other.data / "embedded.env", {"SECRET_KEY": key})
    shutil.copy(machine.data / "demo.env", other.data / "demo.env")
    said = other.embedded("manage", "restore", str(place / "backups"))
    assert "have the digests that they were frozen with" in said
    restored = other.tell("look")
    require_same(saved["fill"], restored["look"])
    # The training that ran when the backup was made begins again, and succeeds.
    other.tell("wait")
