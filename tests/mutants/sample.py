"""Which one-line changes there are, and a seeded draw of some.

The changes are cosmic-ray's, and one of our own: a call or a `raise` that stands alone becomes
`pass`. Type hints are left out, as no run reads them.
"""

import ast
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import parso
from cosmic_ray.ast import ast_nodes
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.operators.provider import OperatorProvider

from tests.servers import REPOSITORY_DIR

# What is changed, room by room; each gives an equal share of a draw.
ROOMS = {
    "archive": ["datasets/archive/*.py", "datasets/decoding/*.py"],
    "imaging": [
        "platform/common/imaging.py",
        "platform/common/image_cleaning.py",
        "platform/common/salvage.py",
    ],
    "accounts": [
        "platform/accounts/*.py",
        "platform/accounts/services/*.py",
        "platform/accounts/selectors/*.py",
        "platform/accounts/views/*.py",
    ],
    "jobs": [
        "platform/jobs/*.py",
        "platform/jobs/services/*.py",
        "platform/jobs/selectors/*.py",
        "platform/jobs/supervision/*.py",
        "platform/jobs/child/*.py",
    ],
}
# Lists of addresses and of columns, which say how things are shown.
_LEFT_OUT = {"urls.py", "api_urls.py", "admin.py", "apps.py", "schema.py"}


class StatementRemover(Operator):
    """Takes away a call or a `raise` that stands alone: a check, a limit, a record."""

    def mutation_positions(self, node):
        """Yield the span of each such statement."""
        if node.type == "simple_stmt" and _does_something(node.children[0]):
            yield node.children[0].start_pos, node.children[0].end_pos

    def mutate(self, node, index):
        """Put `pass` in its place."""
        first = node.children[0].get_first_leaf()
        node.children[0] = parso.python.tree.Keyword("pass", first.start_pos, first.prefix)
        return node

    @classmethod
    def examples(cls):
        """Nothing that cosmic-ray's own tests would read."""
        return ()


def _does_something(statement) -> bool:
    if statement.type == "raise_stmt":
        return True
    is_call = statement.type == "atom_expr" and statement.children[-1].type == "trailer"
    return is_call and statement.children[-1].children[0].value == "("


def _operators() -> dict[str, Operator]:
    provider = OperatorProvider()
    found = {name: provider[name] for name in provider if not provider[name].arguments()}
    return {name: kind() for name, kind in {**found, "StatementRemover": StatementRemover}.items()}


OPERATORS = _operators()


class Mutant(NamedTuple):
    """One change: the `occurrence`-th place in a file where an operator applies."""

    room: str
    path: str
    line: int
    operator: str
    occurrence: int

    @property
    def name(self) -> str:
        """Tell it apart from all others of this source."""
        return f"{self.path}:{self.operator}:{self.occurrence}"

    def code(self) -> str:
        """Return the whole file with the change made."""
        source = (REPOSITORY_DIR / self.path).read_text()
        changed = mutate_code(source, OPERATORS[self.operator], self.occurrence)
        assert changed is not None
        return changed

    def is_possible(self) -> bool:
        """Whether it is Python: cosmic-ray fails at `except (A, b.C)` and at a bare `*`."""
        try:
            ast.parse(self.code())
        except (AttributeError, SyntaxError):
            return False
        return True


def draw(count: int, seed: int) -> list[Mutant]:
    """Return about `count` mutants, as many from each room, at most one a place in the source."""
    generator = random.Random(seed)
    drawn = []
    for room in ROOMS:
        places = _places(room)
        wanted = len(drawn) + count // len(ROOMS)
        for place in generator.sample(sorted(places), len(places)):
            mutant = generator.choice(places[place])
            if len(drawn) < wanted and mutant.is_possible():
                drawn.append(mutant)
    generator.shuffle(drawn)
    return drawn


def found_again(names: Iterable[str]) -> list[Mutant]:
    """Return mutants by their names, at the lines where they are now."""
    wanted = set(names)
    there = (one for room in ROOMS for places in _places(room).values() for one in places)
    return [mutant for mutant in there if mutant.name in wanted]


def is_in_function(source: str, line: int) -> bool:
    """Whether the line is in the body of a function, not in its decorators or its defaults."""
    return any(
        node.body[0].lineno <= line <= (node.end_lineno or 0)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def _places(room: str) -> dict[tuple[str, int, int], list[Mutant]]:
    places: dict[tuple[str, int, int], list[Mutant]] = {}
    for path in sorted({path for glob in ROOMS[room] for path in REPOSITORY_DIR.glob(glob)}):
        if path.name in _LEFT_OUT:
            continue
        source = path.read_text()
        unread = list(_type_hints(source))
        for mutant, column in _mutants(room, path, source):
            if not any(start <= (mutant.line, column) < end for start, end in unread):
                places.setdefault((mutant.path, mutant.line, column), []).append(mutant)
    return places


def _mutants(room: str, path: Path, source: str) -> Iterator[tuple[Mutant, int]]:
    nodes = list(ast_nodes(parso.parse(source)))
    name = str(path.relative_to(REPOSITORY_DIR))
    for operator, instance in OPERATORS.items():
        spans = (span for node in nodes for span in instance.mutation_positions(node))
        for occurrence, ((line, column), _) in enumerate(spans):
            yield Mutant(room, name, line, operator, occurrence), column


def _type_hints(source: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    for node in ast.walk(ast.parse(source)):
        for hint in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(hint, ast.expr):
                yield (hint.lineno, hint.col_offset), (hint.end_lineno, hint.end_col_offset)
