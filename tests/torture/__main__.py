"""`make torture`: a bounded campaign of random harm from a seed.

    python -m tests.torture --seed 1 --jobs 120 --kills 200 --trainings 0 --helped 0
        [--record docs/torture.jsonl] [--folder kept]

Ends with status 1 when a job was lost or done twice, its result damaged, or something left behind.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY_DIR = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run one campaign and print what it has shown."""
    options = _options()
    from tests.torture.installation import Installation

    with _folder(options.folder) as folder:
        installation = Installation(folder, trainings=options.trainings > 0)
        import django

        django.setup()
        from tests.torture.campaign import Campaign

        try:
            campaign = Campaign(installation, options, folder)
            verdict = campaign.run()
        finally:
            installation.stop()
    from tests.torture.verdict import HEADER

    print(HEADER, verdict.as_row(), sep="\n")
    print(*(f"{name}: {count}" for name, count in verdict.help.items()), sep="\n")
    print(*verdict.faults, sep="\n")
    if options.record:
        with options.record.open("a") as file:
            file.write(verdict.as_json() + "\n")
    return 1 if verdict.faults else 0


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True)
        yield kept.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="loupe-torture-") as folder:
        yield Path(folder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--jobs", type=int, default=120)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--trainings", type=int, default=0)
    parser.add_argument("--helped", type=int, default=0, help="large imports, helped by others")
    parser.add_argument("--record", type=Path)
    parser.add_argument("--folder", type=Path, help="where to work, and to leave everything")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
