"""`python -m tests.mutants`: change one line at a time, and count which changes the tests notice.

Results go to build/mutants/NAME.jsonl, one line a mutant; a run that was stopped goes on there.
"""

import argparse
import json
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tests.mutants.places import Outcome, Place, places
from tests.mutants.sample import Mutant, draw, found_again, is_in_function
from tests.mutants.selection import FOLDERS, Selection
from tests.servers import REPOSITORY_DIR

BUILD = REPOSITORY_DIR / "build" / "mutants"
SECONDS = 150


def main() -> int:
    """Draw, run, report."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--places", type=int, default=2, help="how many run side by side")
    parser.add_argument("--name", default="", help="of the results; a finished name runs nothing")
    parser.add_argument("--survivors-of", default="", help="run only what survived under this name")
    options = parser.parse_args()
    name = options.name or f"{options.seed}-{options.count}"
    results = BUILD / f"{name}.jsonl"
    BUILD.mkdir(parents=True, exist_ok=True)
    if options.survivors_of:
        before = _read(BUILD / f"{options.survivors_of}.jsonl").values()
        drawn = found_again(found["name"] for found in before if found["end"] == "survived")
    else:
        drawn = draw(options.count, options.seed)
    done = _read(results)
    left = [mutant for mutant in drawn if mutant.name not in done]
    if left:
        with places(options.places) as made:
            _measure(made)
            selection = Selection(_coverage_files())
            warm, cold = _sorted_out(left)
            _in_each(
                made,
                [warm[number :: len(made)] for number in range(len(made))],
                lambda place, mutants: _try_warm(place, mutants, selection, results),
            )
            _in_each(made, cold, lambda place, mutant: _try(place, mutant, selection, results))
    _report(drawn, _read(results))
    return 0


def _measure(made: Sequence[Place]) -> None:
    """Find out which lines each test runs, unless it is known."""
    missing = [
        name for name, file in zip(FOLDERS, _coverage_files(), strict=True) if not file.exists()
    ]
    _in_each(made, missing, _measure_one)


def _measure_one(place: Place, folder: str) -> None:
    path = dict(zip(FOLDERS, _coverage_files(), strict=True))[folder]
    outcome = place.run(["-q", *folder.split()], 1500, LOUPE_MUTANTS_COVERAGE=str(path))
    print(f"measured {folder}: {outcome.status}, {outcome.seconds:.0f} s\n{outcome.output[-1500:]}")


def _coverage_files() -> list[Path]:
    return [BUILD / f"coverage-{number}.json" for number in range(len(FOLDERS))]


def _in_each(made: Sequence[Place], work: Sequence, do: Callable[[Place, object], None]) -> None:
    """Do each piece of work in one of the places, each place in a process of its own."""
    taken, give = os.pipe()
    for number in range(len(work)):
        os.write(give, number.to_bytes(4, "big"))
    os.close(give)
    children = []
    for place in made:
        pid = os.fork()
        if not pid:
            status = 1
            try:
                while number := os.read(taken, 4):
                    do(place, work[int.from_bytes(number, "big")])
                status = 0
            except Exception:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                os._exit(status)
        children.append(pid)
    os.close(taken)
    for pid in children:
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
            raise SystemExit("a process that ran tests has failed")


def _sorted_out(mutants: Sequence[Mutant]) -> tuple[list[Mutant], list[Mutant]]:
    """Return those in functions, which a warm process can try, and the others."""
    warm, cold = [], []
    for mutant in mutants:
        source = (REPOSITORY_DIR / mutant.path).read_text()
        (warm if is_in_function(source, mutant.line) else cold).append(mutant)
    return warm, cold


def _try_warm(place: Place, mutants: Sequence[Mutant], selection: Selection, results: Path) -> None:
    work = place.data.with_suffix(".work.json")
    described = [
        {
            "path": mutant.path,
            "code": mutant.code(),
            "tests": selection.tests_for(mutant),
            "facts": {**mutant._asdict(), "name": mutant.name},
        }
        for mutant in mutants
    ]
    work.write_text(json.dumps({"results": str(results), "mutants": described}))
    files = {test.split("::")[0] for each in described for test in each["tests"]}
    files = {file for file in files if (place.tree / file).exists()}
    outcome = place.run(
        ["-q", "-s", "--tb=line", "-o", "timeout=60", "-p", "tests.mutants.warm", *sorted(files)],
        4 * 3600,
        LOUPE_MUTANTS_WORK=str(work),
        LOUPE_MUTANTS_SECONDS=str(SECONDS),
    )
    if outcome.status not in (0, 5):
        print(f"the warm process ended with {outcome.status}\n{outcome.output[-3000:]}")


def _try(place: Place, mutant: Mutant, selection: Selection, results: Path) -> None:
    tests = selection.tests_for(mutant)
    outcome = Outcome(0, 0, "no test runs it")
    if tests:
        with place.changed(mutant.path, mutant.code()):
            outcome = place.run(["-q", "-x", "--tb=line", "-o", "timeout=60", *tests], SECONDS)
    # Anything else is an import that the change has broken, or tests that are no longer there.
    end = {None: "timeout", 0: "survived"}.get(outcome.status, "killed")
    if "found no collectors for" in outcome.output or "directory not found" in outcome.output:
        end = "not run"
    line = {
        **mutant._asdict(), "name": mutant.name, "end": end, "tests": len(tests),
        "seconds": round(outcome.seconds, 1), "output": outcome.output[-1500:],
    }  # fmt: skip
    with results.open("a") as file:
        file.write(json.dumps(line) + "\n")
    print(
        f"{end:10} {outcome.seconds:5.1f} s  {mutant.path}:{mutant.line} {mutant.operator}",
        flush=True,
    )


def _read(path: Path) -> dict[str, dict]:
    if not path.exists():
        return {}
    return {found["name"]: found for found in map(json.loads, path.read_text().splitlines())}


def _report(drawn: Iterable[Mutant], results: dict[str, dict]) -> None:
    counts: Counter[tuple[str, bool]] = Counter()
    for mutant in drawn:
        if (found := results.get(mutant.name)) and found["end"] != "not run":
            for room in (mutant.room, "all"):
                counts[room, found["end"] != "survived"] += 1
    for room in sorted({room for room, _ in counts}):
        killed, survived = counts[room, True], counts[room, False]
        share = killed / (killed + survived)
        print(f"{room:10} {killed:4} of {killed + survived:4} noticed ({share:.0%})")


if __name__ == "__main__":
    sys.exit(main())
