"""What holds for the tests themselves: where helpers live, and that a check names one answer."""

import ast
from collections.abc import Iterator

import pytest

from tests.servers import REPOSITORY_DIR

TESTS = REPOSITORY_DIR / "tests"
STATUSES = {"status", "status_code", "code"}


def imports_of_tests(tree: ast.AST) -> Iterator[int]:
    """Yield the lines that import a module of tests, or something from one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        if any(_is_test_module(name) for name in modules):
            yield node.lineno


def _is_test_module(name: str) -> bool:
    path = REPOSITORY_DIR / f"{name.replace('.', '/')}.py"
    return path.name.startswith("test_") and path.is_file()


def alternatives(tree: ast.AST) -> Iterator[int]:
    """Yield the lines of assertions that take one of several statuses or codes."""
    for statement in ast.walk(tree):
        if not isinstance(statement, ast.Assert):
            continue
        for node in ast.walk(statement.test):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
                literal = isinstance(node.comparators[0], ast.Tuple | ast.List | ast.Set)
                if literal and _name(node.left) in STATUSES:
                    yield statement.lineno
            elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
                names = [_name(v.left) for v in node.values if isinstance(v, ast.Compare)]
                if STATUSES.intersection(names):
                    yield statement.lineno


def _name(node: ast.expr) -> str:
    """Return what the last step of `a.b` or `a["b"]` is called."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize("rule", [imports_of_tests, alternatives])
def test_every_file_keeps_to_the_rule(rule):
    broken = [
        f"{path.relative_to(REPOSITORY_DIR)}:{line}"
        for path in sorted(TESTS.rglob("*.py"))
        for line in rule(ast.parse(path.read_text()))
    ]
    assert broken == []


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (imports_of_tests, "from tests.test_locks import RUNTIME"),
        (imports_of_tests, "from tests import test_locks"),
        (imports_of_tests, "def late():\n    import tests.test_locks"),
        (alternatives, "assert answer.status_code in (400, 415), answer"),
        (alternatives, 'assert body["status"] in {"pending", "queued"}'),
        (alternatives, "assert all(a.status_code in [200, 302] for a in answers)"),
        (alternatives, "assert answer.status_code == 404 or redirected"),
    ],
)
def test_what_breaks_a_rule_is_found(rule, source):
    assert list(rule(ast.parse(source)))
