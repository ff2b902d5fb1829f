"""`make hosts`: hosts that share Postgres, Redis and a bucket alone, and what happens to them.

    python -m tests.hosts [work kill cable disk clock scratch] [--folder kept]

Needs root, iproute2 and a C compiler. Ends with status 1 where the fault table does not hold.
"""

import argparse
import logging
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from _pytest.outcomes import Failed

from tests.hosts.postgres import postgres_in


def main() -> int:
    """Try each fault and print what came of it."""
    options = _options()
    lacking = [name for name in ("ip", "nsenter", "cc") if shutil.which(name) is None]
    if os.geteuid() != 0 or lacking:
        print(f"hosts need root, and these programs: {', '.join(lacking) or 'all are there'}")
        return 2
    folder = options.folder or Path(tempfile.mkdtemp(prefix="loupe-hosts-"))
    folder.mkdir(parents=True, exist_ok=True)
    postgres = postgres_in(folder.resolve())
    os.environ.update(postgres.variables)
    import django

    django.setup()
    from tests.hosts.installation import WORKERS, Installation

    there = Installation(folder.resolve(), postgres)
    failed = 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        from tests.hosts.faults import FAULTS
        from tests.hosts.person import Person

        logging.getLogger("httpx").setLevel(logging.WARNING)
        there.start(*WORKERS)
        person = Person(there.url)
        for name in options.faults or FAULTS:
            began = time.monotonic()
            try:
                said = FAULTS[name](there, person)
            except (Exception, Failed) as error:
                failed += 1
                traceback.print_exc()
                said = f"FAILED: {type(error).__name__}"
            print(f"{name} ({time.monotonic() - began:.0f} s): {said}.", flush=True)
    finally:
        there.close()
        if options.folder is None and not failed:
            shutil.rmtree(folder)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faults", nargs="*", help="which; all by default")
    parser.add_argument("--folder", type=Path, help="where to work, and to leave everything")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
