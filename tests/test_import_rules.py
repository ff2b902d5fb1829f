"""The traps of the folder layout (architecture.md): each is checked in a fresh process.

What may import what is checked by import-linter (`make lint`), which reads imports in function
bodies too; here is checked that few stand there.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

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


SOURCE_ROOTS = [REPOSITORY_DIR, REPOSITORY_DIR / "platform"]
PACKAGES = ("config", "classifier", "datasets", "jobs", "accounts", "common", "embedded", "demo")
# Besides `AppConfig.ready()` and the engine, whose heavy libraries stay out of other processes.
WHY_INSIDE_A_FUNCTION = {
    "embedded.__main__.main": "an early Ctrl-C is heard before the rest is loaded",
    "jobs.child.server.main": "Django must be set up first",
    "jobs.child.server._become_child": "Django must be set up first",
}


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for root in SOURCE_ROOTS:
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
        if not (module.endswith(".apps") and function == "ready")
        and not target.startswith("classifier.engine.")
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
