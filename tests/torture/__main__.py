"""`make torture`: a bounded campaign of random harm from a seed.

    python -m tests.torture --seed 1 --jobs 120 --kills 200 --trainings 0 [--record docs/torture.jsonl]

Ends with status 1 when a job was lost or done twice, its result damaged, or something left behind.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY_DIR = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY_DIR / "platform"), str(REPOSITORY_DIR)]


def main() -> int:
    """Run one campaign and print what it has shown."""
    options = _options()
    from tests.torture.installation import Installation

    with tempfile.TemporaryDirectory(prefix="loupe-torture-") as folder:
        installation = Installation(Path(folder), trainings=options.trainings > 0)
        import django

        django.setup()
        from tests.torture.campaign import Campaign

        try:
            campaign = Campaign(installation, options, Path(folder))
            verdict = campaign.run()
        finally:
            installation.stop()
    from tests.torture.verdict import HEADER

    print(HEADER, verdict.as_row(), sep="\n")
    print(*verdict.faults, sep="\n")
    if options.record:
        with options.record.open("a") as file:
            file.write(verdict.as_json() + "\n")
    return 1 if verdict.faults else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--jobs", type=int, default=120)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--trainings", type=int, default=0)
    parser.add_argument("--record", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
