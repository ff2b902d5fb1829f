"""supervisord as our child: started, asked, and ended with all it started."""

import http.client
import signal
import socket
import subprocess
import sys
import xmlrpc.client
from typing import Any

from supervisor.xmlrpc import Faults, SupervisorTransport

from embedded.data_folder import DataFolder
from embedded.errors import EmbeddedError
from embedded.folders import log_tail, write_secret
from embedded.identity import Identity
from embedded.processes import command_line, wait_until
from embedded.programs import Program, configuration
from embedded.stop_signal import StopSignal

SUPERVISORD = "supervisor.supervisord"
SECONDS_TO_STOP = 240
"""More than all the programs may take one after the other."""


class Supervision:
    """One supervisord and the programs it keeps."""

    def __init__(self, folder: DataFolder, stop: StopSignal) -> None:
        self._folder = folder
        self._stop = stop
        self._process: subprocess.Popen[bytes] | None = None
        self._socket = folder.run / "supervisor.sock"

    @property
    def is_running(self) -> bool:
        """Say whether supervisord lives."""
        return self._process is not None and self._process.poll() is None

    def start(self, programs: list[Program], environment: dict[str, str]) -> None:
        """Start supervisord in its own session, so that a terminal's Ctrl-C does not reach it.

        Raises:
            EmbeddedError: it did not start.
        """
        path = self._folder.root / "supervisord.conf"
        write_secret(path, configuration(programs, self._folder))
        self._socket.unlink(missing_ok=True)
        output = self._folder.logs / "supervisord.out"
        with output.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *Identity().launcher(parent_death_signal=signal.SIGTERM),
                    *(sys.executable, "-m", SUPERVISORD, "-c", str(path)),
                ],
                cwd=self._folder.logs,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        started = self._stop.wait_for(lambda: self._listens() or not self.is_running, 30)
        if not started or not self.is_running:
            raise EmbeddedError(f"supervisord did not start.{log_tail(output)}")

    def start_group(self, name: str) -> None:
        """Start the programs of a group, without waiting for them.

        Raises:
            EmbeddedError: one cannot be started at all (its program may not be run, say).
        """
        for outcome in self._call("startProcessGroup", name, False):
            if outcome["status"] != Faults.SUCCESS:
                raise EmbeddedError(
                    f"{outcome['name']} cannot be started: {outcome['description']}."
                    f"{log_tail(self._folder.logs / 'supervisord.log')}"
                )

    def failures(self) -> dict[str, str]:
        """Return the programs that supervisord has given up, each with what happened.

        Raises:
            EmbeddedError: supervisord itself has ended.
        """
        if not self.is_running:
            raise EmbeddedError(
                f"supervisord ended.{log_tail(self._folder.logs / 'supervisord.log')}"
            )
        return {
            name: f"{name} does not start.{log_tail(self._folder.logs / f'{name}.log')}"
            for name in (
                program["name"]
                for program in self._call("getAllProcessInfo")
                if program["statename"] == "FATAL"
            )
        }

    def stop(self) -> None:
        """End every program in reverse order, then supervisord."""
        if self._process is None:
            return
        # A signal to a child that has not yet become its program is lost.
        wait_until(lambda: not self._has_unborn_child(), 5, every=0.01)
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listens(self) -> bool:
        """Say whether the socket takes connections; its file is there a moment earlier."""
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self._socket))
            except OSError:
                return False
        return True

    def _has_unborn_child(self) -> bool:
        try:
            programs = self._call("getAllProcessInfo")
        except (OSError, xmlrpc.client.Error, http.client.HTTPException):
            return False
        return any(SUPERVISORD in command_line(program["pid"]) for program in programs)

    def _call(self, method: str, *arguments: Any) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        # The address is not used: the transport has the socket.
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)
