"""Which tests to run for a change: those that run its line, the most special first."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from tests.mutants.sample import Mutant, is_in_function
from tests.servers import REPOSITORY_DIR

# What is run once to learn which lines each test runs; each at a time, the longest first.
FOLDERS = [
    "tests/datasets --ignore=tests/datasets/analysis",
    "tests/accounts",
    "tests/jobs --ignore=tests/jobs/faults",
    "tests/common/test_imaging.py tests/common/test_image_cleaning.py "
    "tests/common/test_image_formats.py tests/common/test_salvage.py",
]
# Programs of their own, whose lines are not measured: what tries them runs first.
_ELSEWHERE = {"datasets/decoding/*": ["tests/datasets/test_decoding.py"]}
_MOST_TESTS = 120
_MOST_SECONDS = 20.0


class Selection:
    """What was measured, from files that `plugin` wrote."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._seconds: dict[str, float] = {}
        self._tests: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._breadth: Counter[str] = Counter()
        for file in files:
            measured = json.loads(file.read_text())
            self._seconds |= measured["seconds"]
            for path, lines in measured["lines"].items():
                for line, tests in lines.items():
                    self._tests[path][int(line)].update(tests)
                    self._breadth.update(tests)

    def tests_for(self, mutant: Mutant) -> list[str]:
        """Return which tests to run, in this order."""
        lines = self._tests[mutant.path]
        # What runs when a module is imported, in whichever test, matters to all of its tests.
        source = (REPOSITORY_DIR / mutant.path).read_text()
        of_line = lines[mutant.line] if is_in_function(source, mutant.line) else set()
        covering = (of_line or set().union(*lines.values())) & set(self._seconds)
        files = [
            file for glob, of in _ELSEWHERE.items() if fnmatch(mutant.path, glob) for file in of
        ]
        chosen = [test for test in self._seconds if test.split("::")[0] in files]
        seconds = 0.0
        for test in sorted(covering - set(chosen), key=self._breadth.__getitem__):
            seconds += self._seconds[test]
            if len(chosen) >= _MOST_TESTS or (seconds > _MOST_SECONDS and chosen):
                break
            chosen.append(test)
        return chosen
