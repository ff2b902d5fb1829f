"""The traps of the folder layout (architecture.md): each is checked in a fresh process.

What may import what is checked by import-linter (`make lint`), which reads imports in function
bodies too; here is checked that few stand there, and that the project is installed.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import REPOSITORY_DIR

SOURCE_ROOTS = [REPOSITORY_DIR, REPOSITORY_DIR / "platform"]
CLIENT = REPOSITORY_DIR / "platform" / "client" / "src"
OURS = [path.parent for root in SOURCE_ROOTS for path in root.glob("*/__init__.py")]
FOLDERS = [*OURS, *(path.parent for path in CLIENT.glob("*/__init__.py"))]


def _printed(program: str, folder: Path) -> str:
    """Return what the program prints in this folder, where nothing tells Python any path."""
    command = [sys.executable, "-c", program]
    answer = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=True)
    return answer.stdout.strip()


@pytest.mark.parametrize("folder", [REPOSITORY_DIR, Path("/")])
def test_platform_is_the_standard_librarys(folder):
    program = "import platform; print(platform.__file__); platform.python_version()"
    printed = _printed(program, folder)
    assert printed.endswith("/platform.py")
    assert str(REPOSITORY_DIR / "platform") not in printed


@pytest.mark.parametrize("package", FOLDERS, ids=lambda path: path.name)
def test_every_package_is_installed_from_where_it_lies(package):
    name = package.name
    assert _printed(f"import {name}; print({name}.__file__)", Path("/")).startswith(f"{package}/")


def test_every_folder_of_a_package_is_a_package():
    """What setuptools finds by its `__init__.py`."""
    folders = {path.parent for package in FOLDERS for path in package.rglob("*.py")}
    assert [str(path) for path in folders if not (path / "__init__.py").exists()] == []
    find = tomllib.loads((REPOSITORY_DIR / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert find["packages"]["find"]["include"] == sorted(f"{path.name}*" for path in OURS)


def test_the_client_needs_nothing_but_httpx():
    """Beside Python's own modules and what httpx brings along."""
    program = "import sys, loupe, loupe.cli.main; print(*{m.split('.')[0] for m in sys.modules})"
    loaded = set(_printed(program, Path("/")).split())
    # httpx itself loads click and rich where they are there, for a command of its own.
    heavy = {"numpy", "PIL", "pandas", "requests", "django", "tensorflow"}
    assert loaded & heavy == set()
    project = tomllib.loads((CLIENT.parent / "pyproject.toml").read_text())["project"]
    assert [name.partition(">")[0] for name in project["dependencies"]] == ["httpx"]


# Each place of the mutants is a copy whose code goes before what is installed; programs hand on
# what they were given, for the sake of such a copy. Hosts are given wrong clocks so.
WITH_PATHS = {
    "platform/programs/isolation.py",
    "platform/programs/launch.py",
    "tests/hosts/installation.py",
    "tests/mutants/places.py",
    "tests/programs/test_launch.py",
    "tests/upgrades/test_upgrade.py",
    "tests/test_import_rules.py",
}


def test_no_module_puts_a_path_together():
    by_hand = re.compile(r"\bsys\.path\b|PYTHONPATH")
    files = [REPOSITORY_DIR / "Makefile", REPOSITORY_DIR / "docker" / "Dockerfile"]
    files += [path for root in (*FOLDERS, REPOSITORY_DIR / "tests") for path in root.rglob("*.py")]
    found = {path for path in files if by_hand.search(path.read_text())}
    assert {str(path.relative_to(REPOSITORY_DIR)) for path in found} == WITH_PATHS


def test_platform_folder_is_a_source_root_of_packages_only():
    source_root = REPOSITORY_DIR / "platform"
    assert not (source_root / "__init__.py").exists()
    assert list(source_root.glob("*.py")) == []


def test_tests_folder_does_not_shadow_platform():
    assert not list((REPOSITORY_DIR / "tests").glob("**/__init__.py"))


PACKAGES = (
    *("config", "classifier", "datasets", "webhooks", "jobs", "accounts", "common", "embedded"),
    *("backup", "demo", "loupe"),
)
# Besides apps.py, whose `AppConfig.ready()` runs once all is loaded, and the engine, whose heavy
# libraries stay out of other processes.
WHY_INSIDE_A_FUNCTION = {
    "embedded.__main__.main": "an early Ctrl-C is heard before the rest is loaded",
    "jobs.child.server.main": "Django must be set up first",
    "jobs.child.server._become_child": "Django must be set up first",
    "datasets.work.compute_map.compute_map": "openTSNE takes seconds; `COMPUTE_MAP` preloads it",
}


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for root in (*SOURCE_ROOTS, CLIENT):
            for path in (root / package).rglob("*.py"):
                yield ".".join(path.relative_to(root).with_suffix("").parts), path


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return ["." if node.level else node.module or "."]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def imports_inside_functions(source: str) -> Iterator[tuple[str, str]]:
    """Yield (function, module of ours that it imports)."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, functions):
            for node in ast.walk(function):
                for module in imported(node):
                    if module.split(".")[0] in (*PACKAGES, ""):
                        yield function.name, module


def test_no_import_hides_an_arrow_in_a_function():
    found = {
        (f"{module}.{function}", target)
        for module, path in modules()
        for function, target in imports_inside_functions(path.read_text())
        if not module.endswith(".apps") and not target.startswith("classifier.engine.")
    }
    assert sorted(pair for pair in found if pair[0] not in WHY_INSIDE_A_FUNCTION) == []
    assert set(WHY_INSIDE_A_FUNCTION) == {function for function, _ in found}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f():\n    from jobs.models import Job", [("f", "jobs.models")]),
        ("async def f():\n    if True:\n        import common.errors", [("f", "common.errors")]),
        ("class C:\n    def f(self):\n        from . import work", [("f", ".")]),
        ("def f():\n    import json\nfrom jobs.models import Job", []),
    ],
)
def test_imports_inside_functions_are_found(source, found):
    assert list(imports_inside_functions(source)) == found
