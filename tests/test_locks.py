"""What pip installs is what the requirements name, by hash."""

import json
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.servers import REPOSITORY_DIR

RUNTIME = REPOSITORY_DIR / "requirements.lock"
TESTS = REPOSITORY_DIR / "tests" / "requirements.lock"
GPU = REPOSITORY_DIR / "docker" / "requirements-gpu.lock"
WEB = REPOSITORY_DIR / "docker" / "requirements-web.lock"
AGAIN = "run `make lock`"


def _pins(text: str, *, elsewhere: bool = True) -> set[str]:
    """Return the `name==version` of a requirements file or lock.

    Without `elsewhere`, what a marker keeps to some machines (Windows, say) is left out.
    """
    lines = (re.split(r"\s#|\\", line)[0] for line in re.findall(r"^[A-Za-z0-9].*$", text, re.M))
    pins = [Requirement(line) for line in lines]
    return {
        f"{canonicalize_name(pin.name)}{pin.specifier}"
        for pin in pins
        if elsewhere or pin.marker is None
    }


def _differences(requirements: str, lock: str, base: str = "") -> list[str]:
    """Return what the requirements name and the lock lacks, and the other way round."""
    named, locked = _pins(requirements), _pins(lock)
    unnamed = _pins(lock, elsewhere=False) - named - _pins(base)
    return [f"{pin} is in no lock: {AGAIN}" for pin in sorted(named - locked)] + [
        f"{pin} is locked and not named: name it, or {AGAIN}" for pin in sorted(unnamed)
    ]


def test_the_locks_are_those_of_the_requirements():
    runtime = RUNTIME.read_text()
    assert _differences((REPOSITORY_DIR / "requirements.txt").read_text(), runtime) == []
    tests = (REPOSITORY_DIR / "tests" / "requirements.txt").read_text()
    assert _differences(tests, TESTS.read_text(), runtime) == []


@pytest.mark.parametrize(
    ("requirements", "difference"),
    [
        ("a==1\nb==2  # why\nc==3\n", "c==3 is in no lock"),
        ("a==1\nb==3  # why\n", "b==3 is in no lock"),
        ("a==1\n", "b==2 is locked and not named"),
    ],
)
def test_a_change_of_one_without_the_other_is_told(requirements, difference):
    lock = "a==1 \\\n    --hash=sha256:1\nb==2 \\\n    --hash=sha256:2\nw==1 ; os_name == 'nt' \\\n"
    assert _differences("a==1\nb==2  # why\n", lock) == []
    assert any(difference in told for told in _differences(requirements, lock))


@pytest.mark.parametrize(
    "lock", [RUNTIME, TESTS, GPU, WEB], ids=lambda path: "/".join(path.parts[-2:])
)
def test_every_entry_has_hashes_and_the_version_of_the_other_locks(lock: Path):
    text = lock.read_text()
    for entry in re.split(r"\n(?=[a-z0-9])", text)[1:]:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry
    runtime = {pin.split("==")[0]: pin for pin in _pins(RUNTIME.read_text())}
    for pin in _pins(text):
        assert runtime.get(pin.split("==")[0], pin) == pin, AGAIN
    assert "://" not in text, "hashes, not addresses: a mirror serves as well"


def test_every_pip_install_asks_for_hashes():
    for name in ("Makefile", "docker/Dockerfile"):
        text = (REPOSITORY_DIR / name).read_text().replace("\\\n", " ")
        installs = re.findall(r"pip install.*", text)
        assert installs, name
        # Or it fetches nothing: Loupe itself is installed where it lies.
        fetching = [line for line in installs if not {"--no-index", "--no-deps"} <= {*line.split()}]
        assert all("--require-hashes" in line for line in fetching), name


def test_npm_installs_by_hash_and_runs_no_scripts():
    lock = json.loads((REPOSITORY_DIR / "platform/frontend/package-lock.json").read_text())
    packages = [facts for path, facts in lock["packages"].items() if path]
    assert packages
    assert all(facts["integrity"].startswith("sha512-") for facts in packages)
    for name in ("Makefile", "docker/Dockerfile"):
        text = (REPOSITORY_DIR / name).read_text()
        for line in re.findall(r"^[^#\n]*npm (?:ci|install).*", text, re.MULTILINE):
            assert "--ignore-scripts" in line, name
