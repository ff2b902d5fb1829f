"""The filter's numbers are the kernel's, on both architectures: its own headers say them."""

import re
from pathlib import Path

import pytest

from programs import seccomp

HEADERS = {
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
}
# Younger than the headers of Debian 12; since Linux 5.1 all architectures share new numbers.
YOUNGER = {"fchmodat2", "setxattrat", "removexattrat"}
WITH_CONDITIONS = {
    "openat": seccomp._OPENAT,
    "clone": seccomp._CLONE,
    "clone3": seccomp._CLONE3,
    "prlimit64": seccomp._PRLIMIT,
    "tgkill": seccomp._TGKILL,
}


@pytest.mark.parametrize("column", [0, 1], ids=["aarch64", "x86_64"])
def test_each_number_is_that_of_the_call(column):
    header = HEADERS[["aarch64", "x86_64"][column]]
    if not header.exists():
        pytest.skip(f"no kernel headers: {header} is not there (package linux-libc-dev)")
    defined = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text())
    numbers = {name: int(number) for name, number in defined}
    ours = {name: both[column] for name, both in (seccomp._NEW | WITH_CONDITIONS).items()}
    known = {name: numbers[name] for name in ours if name in numbers}
    assert {name: ours[name] for name in known} == known
    assert ours.keys() - known.keys() <= YOUNGER
