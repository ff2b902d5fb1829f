"""Hosts on one machine: each has a network, a host name and a data folder that no other sees.

A host is a network namespace, joined to the others by a cable (a veth pair) and a switch (a
bridge), with a process that holds a mount and a UTS namespace: its data folder is a file system of
its own, at the same path on every host. Needs root and iproute2.
"""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

SUBNET = "10.177.0"
# The machine itself, which asks the web server as people do.
OUTSIDE = f"{SUBNET}.254"


class Network:
    """A switch, and the cables that lead to it."""

    def __init__(self) -> None:
        self.name = f"lp{os.getpid() % 100000}"
        self._hosts: list[str] = []
        ip("link", "add", self.name, "type", "bridge")
        ip("addr", "add", f"{OUTSIDE}/24", "dev", self.name)
        ip("link", "set", self.name, "up")

    def add(self, name: str, number: int) -> str:
        """Join a new network namespace as 10.177.0.`number`; return its name."""
        space, cable = f"{self.name}-{name}", f"{self.name}-{number}"
        ip("netns", "add", space)
        self._hosts.append(space)
        ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space)
        ip("link", "set", cable, "master", self.name, "up")
        inside = ("-n", space)
        ip(*inside, "addr", "add", f"{SUBNET}.{number}/24", "dev", "eth0")
        ip(*inside, "link", "set", "eth0", "up")
        ip(*inside, "link", "set", "lo", "up")
        return space

    def plug(self, number: int, *, plugged: bool) -> None:
        """Pull a host's cable, or plug it in again."""
        ip("link", "set", f"{self.name}-{number}", "up" if plugged else "down")

    def close(self) -> None:
        """Take it all down."""
        for space in self._hosts:
            ip("netns", "del", space)
        ip("link", "del", self.name)


class Host:
    """One host: programs are started on it, and it can lose them, its cable, its disk or its clock.

    `bytes_of_disk` is the size of its data folder's file system.
    """

    def __init__(
        self, network: Network, name: str, number: int, data_dir: Path, bytes_of_disk: int
    ) -> None:
        self.name, self.address = name, f"{SUBNET}.{number}"
        self.data_dir = data_dir
        self._network, self._number = network, number
        self.space = network.add(name, number)
        hold = ["ip", "netns", "exec", self.space, "unshare", "--mount", "--uts",
                "--propagation", "private", "sh", "-c", "echo; exec sleep infinity"]  # fmt: skip
        self._holder = subprocess.Popen(hold, stdout=subprocess.PIPE)
        assert self._holder.stdout
        self._holder.stdout.readline()
        self.programs: dict[str, subprocess.Popen[bytes]] = {}
        self.run("hostname", name)
        size = f"size={bytes_of_disk},mode=700"
        self.run("mount", "-t", "tmpfs", "-o", size, "tmpfs", str(data_dir))

    def inside(self, *command: str) -> list[str]:
        """Return the command that runs a command on this host."""
        return ["nsenter", "-t", str(self._holder.pid), "-n", "-m", "-u", *command]

    def run(self, *command: str) -> str:
        """Run a command to its end; return what it wrote. Raises where it fails."""
        done = subprocess.run(self.inside(*command), check=True, capture_output=True, text=True)
        return done.stdout

    def start(self, name: str, command: list[str], variables: dict[str, str], logs: Path) -> None:
        """Start a program, with its output in `<logs>/<host>-<name>.log`."""
        with self.log_of(name, logs).open("ab") as log:
            self.programs[name] = subprocess.Popen(
                self.inside(*command),
                env={**variables, "LOUPE_DATA_DIR": str(self.data_dir)},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def log_of(self, name: str, logs: Path) -> Path:
        """Return where the output of a program goes."""
        return logs / f"{self.name}-{name}.log"

    def pids(self) -> list[int]:
        """Return the processes on this host, but for the one that holds it."""
        mine = Path(f"/proc/{self._holder.pid}/ns/uts").readlink()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (folder / "ns" / "uts").readlink() == mine:
                    found.append(int(folder.name))
        return [pid for pid in found if pid != self._holder.pid]

    def kill(self) -> None:
        """Lose every process at once, as by a power cut."""
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for program in self.programs.values():
            program.wait()
        self.programs.clear()

    def unplug(self) -> None:
        """Pull the cable."""
        self._network.plug(self._number, plugged=False)

    def plug_in(self) -> None:
        """Plug the cable in again."""
        self._network.plug(self._number, plugged=True)

    def close(self) -> None:
        """End the host."""
        self.kill()
        self._holder.kill()
        self._holder.wait()


def ip(*arguments: str) -> None:
    """Run `ip`; raises `subprocess.CalledProcessError` with what it says."""
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
