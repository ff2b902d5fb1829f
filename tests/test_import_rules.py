"""The traps of the folder layout (architecture.md): each is checked in a fresh process."""

import subprocess
import sys

from tests.servers import REPOSITORY_DIR


def test_platform_is_the_standard_librarys():
    program = "import platform; print(platform.__file__); platform.python_version()"
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip().endswith("/platform.py")
    assert str(REPOSITORY_DIR / "platform") not in answer.stdout


def test_platform_folder_is_a_source_root_of_packages_only():
    source_root = REPOSITORY_DIR / "platform"
    assert not (source_root / "__init__.py").exists()
    assert list(source_root.glob("*.py")) == []


def test_tests_folder_does_not_shadow_platform():
    assert not list((REPOSITORY_DIR / "tests").glob("**/__init__.py"))
