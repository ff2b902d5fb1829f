"""The warm process: Django and what kinds preload imported, nothing run; forks a child per attempt.

Started by `jobs.supervision.warm` as `python -m jobs.child.server SOCKET_FD PARENT_PID MODULE…`.
Requests and answers are JSON packets on the socket; a request carries the child's three pipes and
at most one more file descriptor, which the child keeps open.
"""

import json
import os
import select
import signal
import socket
import sys
from importlib import import_module
from uuid import UUID

from programs.parent_death import die_with_parent

POLL_SECONDS = 0.05


def main(socket_fd: int, parent: int, modules: list[str]) -> None:
    """Import everything, say so, then fork on request until the supervisor closes the socket."""
    die_with_parent(parent)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from jobs.handlers import load_handlers

    load_handlers()
    for module in modules:
        import_module(module)
    channel = socket.socket(fileno=socket_fd)
    channel.send(json.dumps({"ready": True}).encode())
    serve(channel)


def serve(channel: socket.socket) -> None:
    """Answer requests; report each child's end with its wait status."""
    children: set[int] = set()
    while True:
        readable, _, _ = select.select([channel], [], [], POLL_SECONDS if children else None)
        if readable:
            try:
                packet, fds, _, _ = socket.recv_fds(channel, 65536, 4)
            except ConnectionResetError:  # Closed before it had read all our answers.
                return
            if not packet:
                return
            pid = _fork(channel, json.loads(packet), fds)
            children.add(pid)
            channel.send(json.dumps({"started": pid}).encode())
        for pid in list(children):
            ended, status, used = os.wait4(pid, os.WNOHANG)
            if ended:
                children.remove(pid)
                code = os.waitstatus_to_exitcode(status)
                seconds = used.ru_utime + used.ru_stime
                message = {"ended": pid, "code": code, "seconds": seconds}
                channel.send(json.dumps(message).encode())


def _fork(channel: socket.socket, request: dict, fds: list[int]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        for fd in fds:
            os.close(fd)
        return pid
    status = 1
    try:
        os.setsid()
        die_with_parent(parent)
        channel.close()
        status = _become_child(request, fds)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # TensorFlow's own exit handlers take seconds, and nothing of theirs is needed.
        os._exit(status)


def _become_child(request: dict, fds: list[int]) -> int:
    from jobs.child.context import BACKGROUND
    from jobs.child.main import Pipes, run_attempt

    if request["background"]:
        BACKGROUND.enter()
    # Nothing that was imported has looked for a GPU yet: CUDA reads its variables at the first use.
    os.environ.update(request["variables"])
    pipes = Pipes(*fds[:3])
    for kept in fds[3:]:
        os.set_inheritable(kept, False)
    os.dup2(pipes.log, sys.stdout.fileno())
    os.dup2(pipes.log, sys.stderr.fileno())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return run_attempt(UUID(request["job"]), request["fence"], pipes)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
