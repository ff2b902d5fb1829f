"""`make attack`: attack the platform at LOUPE_URL, which was started for it, in bounded time.

    python -m tests.attack [--short] [CHAPTER …]

Goes to this machine's loopback and nowhere else. Prints the counts of each chapter; ends with
status 1 when something did not hold.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import django


def main() -> int:
    """Attack, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chapters", nargs="*", help="some of them (all without a name)")
    parser.add_argument("--short", action="store_true", help="a sample, in a minute")
    options = parser.parse_args()
    from tests.attack.target import NotLoopback, Target

    try:
        target = Target(os.environ["LOUPE_URL"])
    except NotLoopback as error:
        print(error, file=sys.stderr)
        return 2
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from tests.attack.campaign import run
    from tests.attack.chapter import HEADER
    from tests.classifier.trained import train_tiny

    with tempfile.TemporaryDirectory(prefix="loupe-attack-") as folder:
        (work := Path(folder) / "trained").mkdir()
        trained = train_tiny(work)
        chapters = run(target, trained, Path(folder), short=options.short, names=options.chapters)
    print("", HEADER, *(chapter.as_row() for chapter in chapters), sep="\n")
    return 1 if any(chapter.failed for chapter in chapters) else 0


if __name__ == "__main__":
    sys.exit(main())
