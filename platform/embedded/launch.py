"""Become another user if asked, die with the parent, then turn into the given command.

Run as a script, by path and isolated (`python -I launch.py … -- command`), because it must start
fast and with root's rights, and end as the program itself so that signals reach it directly:

    launch.py --uid 65534 --gid 65534 [--keep-dac] [--keep-bind] -- command…   setuid
    launch.py --uid 65534 --namespace -- command…                a user namespace
    launch.py --parent-death-signal 15 -- command…               as we are

Only the standard library, and none of our modules, may be imported here.
"""

import argparse
import ctypes
import os
import sys
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE, CAP_NET_BIND_SERVICE = 1, 10
CAPABILITY_VERSION_3 = 0x20080522
CLONE_NEWUSER = 0x10000000
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ")

libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Read the command line and replace this process by the command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("--keep-dac", action="store_true")
    parser.add_argument("--keep-bind", action="store_true")
    parser.add_argument("--keep-environment", action="store_true")
    parser.add_argument("--namespace", action="store_true")
    parser.add_argument("--parent-death-signal", type=int, default=0)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    if options.namespace:
        enter_namespace(options.uid)
    elif options.uid is not None:
        kept = [CAP_DAC_OVERRIDE] * options.keep_dac + [CAP_NET_BIND_SERVICE] * options.keep_bind
        drop_to(options.uid, options.gid, kept)
    if options.parent_death_signal:
        # After the change of user, which clears it.
        check(libc.prctl(PR_SET_PDEATHSIG, options.parent_death_signal, 0, 0, 0))
    # Whatever a program writes is for its own user.
    os.umask(0o077)
    environment = dict(os.environ)
    if options.uid is not None and not options.keep_environment:
        # Our secrets are none of the other user's business.
        environment = {name: environment[name] for name in KEPT_VARIABLES if name in environment}
    os.execve(options.command[0], options.command, environment)  # noqa: S606


def drop_to(uid: int, gid: int, kept: list[int]) -> None:
    """Become `uid` for good, with the `kept` capabilities of root and nothing else."""
    if kept:
        check(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if kept:
        mask = sum(1 << capability for capability in kept)
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        # Two 32-bit halves of (effective, permitted, inheritable).
        check(libc.capset(header, (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)))
        for capability in kept:
            check(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0))


def enter_namespace(uid: int) -> None:
    """Enter a user namespace in which the present user is called `uid`, for its files as well."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    check(libc.unshare(CLONE_NEWUSER))
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {outer_uid} 1"),
        ("gid_map", f"{uid} {outer_gid} 1"),
    ):
        Path(f"/proc/self/{name}").write_text(text)


def check(result: int) -> None:
    """Raise OSError where a C function says that it failed."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"launch: {error}")
