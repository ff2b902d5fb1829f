"""A filter of system calls (seccomp(2)): no file is opened, nothing sent, started or traced.

For a process that has opened all that it needs. Unlike namespaces it needs no right, so it also
works in a container; it binds every thread, and cannot be taken off again. Written as the few
instructions that the kernel takes (BPF), because libseccomp is the host's, no wheel.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterable

_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_FLAG_TSYNC = 1
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_X32 = 0x40000000
_CLONE_THREAD = 0x00010000

# Numbers of system calls: those of the table that newer architectures share, then x86-64's.
_NEW = {
    # Sockets of any kind, and what would do the same past this filter.
    "socket": (198, 41), "socketpair": (199, 53), "bind": (200, 49), "listen": (201, 50),
    "accept": (202, 43), "connect": (203, 42), "sendto": (206, 44), "sendmsg": (211, 46),
    "accept4": (242, 288), "sendmmsg": (269, 307), "io_uring_setup": (425, 425),
    # Other programs and processes.
    "execve": (221, 59), "execveat": (281, 322), "ptrace": (117, 101), "kill": (129, 62),
    "tkill": (130, 200), "rt_sigqueueinfo": (138, 129), "rt_tgsigqueueinfo": (240, 297),
    "setpriority": (140, 141), "process_madvise": (440, 440),
    "process_vm_readv": (270, 310), "process_vm_writev": (271, 311),
    "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424), "pidfd_getfd": (438, 438),
    "setrlimit": (164, 160), "fchmod": (52, 91), "fchown": (55, 93),
    # Names in the file system.
    "mknodat": (33, 259), "mkdirat": (34, 258), "unlinkat": (35, 263), "symlinkat": (36, 266),
    "linkat": (37, 265), "renameat": (38, 264), "renameat2": (276, 316), "truncate": (45, 76),
    "fchmodat": (53, 268), "fchownat": (54, 260), "fchmodat2": (452, 452),
    "utimensat": (88, 280), "setxattr": (5, 188), "lsetxattr": (6, 189),
    "fsetxattr": (7, 190), "removexattr": (14, 197), "lremovexattr": (15, 198),
    "fremovexattr": (16, 199), "setxattrat": (463, 463), "removexattrat": (466, 466),
    "open_by_handle_at": (265, 304), "openat2": (437, 437),
    # Places and rights.
    "mount": (40, 165), "umount2": (39, 166), "pivot_root": (41, 155), "chroot": (51, 161),
    "unshare": (97, 272), "setns": (268, 308), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsmount": (432, 432), "fsconfig": (431, 431), "fspick": (433, 433),
    "kexec_file_load": (294, 320), "delete_module": (106, 176),
    "mount_setattr": (442, 442), "bpf": (280, 321),
    "perf_event_open": (241, 298), "userfaultfd": (282, 323), "keyctl": (219, 250),
    "add_key": (217, 248), "request_key": (218, 249), "init_module": (105, 175),
    "finit_module": (273, 313), "kexec_load": (104, 246), "reboot": (142, 169),
    "swapon": (224, 167), "acct": (89, 163), "quotactl": (60, 179), "shmget": (194, 29),
    "msgget": (186, 68), "semget": (190, 64), "mq_open": (180, 240),
}  # fmt: skip
# Only x86-64 still has these.
_OLD = (
    57, 58, 82, 83, 84, 85, 86, 87, 88, 90, 92, 94, 132, 133, 235, 261,  # fork … futimesat
)  # fmt: skip
_OPENAT, _CLONE, _CLONE3, _PRLIMIT = (56, 257), (220, 56), (435, 435), (261, 302)
_TGKILL = (131, 234)
_X86_OPEN = 2
_MACHINES = {"aarch64": (0xC00000B7, 0), "x86_64": (0xC000003E, 1)}


def forbid_effects() -> bool:
    """Bind this process to itself: no file, socket, program or process; whether it worked.

    What is open stays open for reading and writing, threads may be started. A refused call fails
    with EPERM; opening a file with ENOENT, as where there are none. False on a machine or kernel
    without it.
    """
    found = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or found is None:
        return False
    code = _program(*found)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    instructions = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: how many instructions of 8 bytes, and where they are.
    described = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(instructions))
    program = ctypes.create_string_buffer(described, len(described))
    call = 317 if platform.machine() == "x86_64" else 277
    answer: int = libc.syscall(call, _SECCOMP_SET_MODE_FILTER, _FLAG_TSYNC, ctypes.byref(program))
    return answer == 0


def _program(architecture: int, column: int) -> bytes:
    """Return the filter: each test either answers or goes on with the next one."""
    refuse = _ERRNO | errno.EPERM
    parts = [
        _step(_LOAD, _ARCHITECTURE),
        # Another architecture's numbers mean other calls: none of them is let through.
        _step(_EQUAL, architecture, 1, 0),
        _step(_RETURN, refuse),
        _step(_LOAD, _NUMBER),
    ]
    if column:
        parts += [_step(_AT_LEAST, _X32, 0, 1), _step(_RETURN, refuse)]
    forbidden = [numbers[column] for numbers in _NEW.values()] + (list(_OLD) if column else [])
    for number in forbidden:
        parts += [_step(_EQUAL, number, 0, 1), _step(_RETURN, refuse)]
    # The C library then starts threads by clone, whose flags can be seen.
    parts += [_step(_EQUAL, _CLONE3[column], 0, 1), _step(_RETURN, _ERRNO | errno.ENOSYS)]
    parts += _when(_CLONE[column], 0, _CLONE_THREAD, allowed=True)
    for number in (_OPENAT[column], *([_X86_OPEN] if column else [])):
        parts += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _ERRNO | errno.ENOENT)]
    parts += _to_itself(_TGKILL[column])
    # Of other processes; of itself it can only take.
    parts += _when(_PRLIMIT[column], 0, 0xFFFFFFFF, allowed=False)
    return b"".join([*parts, _step(_RETURN, _ALLOW)])


def _when(number: int, argument: int, bits: int, *, allowed: bool) -> Iterable[bytes]:
    """Return the test of a call by one of its arguments: whether it has any of the bits."""
    refuse = _ERRNO | errno.EPERM
    first, second = (_ALLOW, refuse) if allowed else (refuse, _ALLOW)
    return [
        _step(_EQUAL, number, 0, 4),
        _step(_LOAD, 16 + 8 * argument),
        _step(_ANY_BIT, bits, 0, 1),
        _step(_RETURN, first),
        _step(_RETURN, second),
    ]


def _to_itself(number: int) -> Iterable[bytes]:
    """Return the test of a signal: it may go to a thread of this process alone."""
    return [
        _step(_EQUAL, number, 0, 4),
        _step(_LOAD, 16),
        _step(_EQUAL, os.getpid(), 0, 1),
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _ERRNO | errno.EPERM),
    ]


def _step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("HBBI", code, then, otherwise, value)
