"""What the embedded servers have in common: how each is started, waited for and ended."""

import signal
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from embedded.errors import EmbeddedError
from embedded.folders import log_tail
from embedded.processes import is_alive, send, wait_until


class Server(ABC):
    """A server with its data in one folder, where its log lies too when it is started from here."""

    title: ClassVar[str]
    log_name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = Path(data_dir).absolute()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def pid(self) -> int | None:
        """The number of the running server, None when there is none."""

    @abstractmethod
    def command(self, *, parent_death_signal: int = 0) -> list[str]:
        """Return the command that runs the server in the foreground; prepare it first."""

    @abstractmethod
    def prepare(self) -> object:
        """Make and write what the server needs to start."""

    @abstractmethod
    def answers(self) -> bool:
        """Say whether a client is answered."""

    @abstractmethod
    def _pids(self) -> list[int]:
        """Return every process of the server."""

    def start(self) -> None:
        """Start the server unless it runs; return when it answers.

        It ends with the thread that starts it, at the latest.

        Raises:
            EmbeddedError: it does not start; the message ends with its log.
        """
        self.prepare()
        # One that we find may be on its way out: its starter has just been killed.
        wait_until(lambda: self.pid is None or self.answers(), 60)
        if self.pid is None:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    self.command(parent_death_signal=self.stop_signal),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        self.wait_ready()

    def wait_ready(self, seconds: float = 60) -> None:
        """Wait until the server answers.

        Raises:
            EmbeddedError: the server ended, or `seconds` went by.
        """
        if not wait_until(lambda: self.answers() or self._has_ended(), seconds):
            raise EmbeddedError(
                f"{self.title} gave no answer for {seconds:g} s.{log_tail(self._log)}"
            )
        if self._has_ended():
            raise EmbeddedError(f"{self.title} did not start.{log_tail(self._log)}")

    def stop(self) -> None:
        """End the server after it wrote what it has; nothing happens when none runs."""
        pid = self.pid
        if pid is not None:
            send([pid], self.stop_signal)
            if not wait_until(lambda: not is_alive(pid), 60):
                self.kill()
        self._reap()

    def kill(self) -> None:
        """End every process of the server with SIGKILL, as a crash would."""
        send(self._pids(), signal.SIGKILL)
        wait_until(lambda: not any(map(is_alive, self._pids())), 10)
        self._reap()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def _log(self) -> Path:
        return self.data_dir / self.log_name

    def _has_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait(10)
            self._process = None
