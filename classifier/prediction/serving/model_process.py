"""One life of the model process, as the worker sees it."""

import itertools
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import replace
from typing import IO

from classifier.prediction.serving.frames import Header, read_frame, write_frame
from programs.gpus import NVIDIA_SMI_ORDER, variables_for
from programs.launch import Program

# Sessions and libraries map about 2 GB of addresses before the first image.
PROGRAM = Program(
    module="classifier.prediction.serving.child",
    memory_bytes=6 << 30,
    # ONNX Runtime reads the processor's features there.
    sees_processes=True,
    # One thread a call; more pools and arenas would only take addresses.
    variables={"MALLOC_ARENA_MAX": "4", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
)
# How long a process whose pipe broke may take to be gone.
END_SECONDS = 5.0


def program_on(gpu: str) -> Program:
    """Return `PROGRAM` with a GPU, as `nvidia-smi -L` names it; without one where that is empty."""
    if not gpu:
        return PROGRAM
    variables = {**PROGRAM.variables, **NVIDIA_SMI_ORDER, **variables_for(gpu)}
    # CUDA maps the memory of the machine and of the device: no bound of addresses would be one.
    return replace(PROGRAM, memory_bytes=None, inherits=("LD_LIBRARY_PATH",), variables=variables)


class ProcessDied(Exception):
    """The model process ended before it answered."""


class ModelProcess:
    """A child process that answers many requests at a time; of no use once it has died.

    Its own thread starts it and reads its answers: PR_SET_PDEATHSIG ends the child with the
    *thread* that started it, and the threads of a Celery pool come and go.
    """

    def __init__(self, program: Program = PROGRAM) -> None:
        self._program = program
        self._numbers = itertools.count(1)
        self._writing = threading.Lock()
        self._waiting: dict[int, Future[Header]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._started = threading.Event()
        self._dead = threading.Event()
        self._killed = threading.Event()
        threading.Thread(target=self._keep, name="model-process", daemon=True).start()
        self._started.wait()

    @property
    def alive(self) -> bool:
        """Whether it may still answer."""
        return not (self._dead.is_set() or self._killed.is_set())

    @property
    def pid(self) -> int | None:
        """The process id, for logs and tests."""
        return self._process.pid if self._process else None

    def ask(self, header: Header, files: Sequence[bytes], timeout: float) -> Header:
        """Send a request and return its answer.

        Raises `ProcessDied`, or `TimeoutError` after `timeout` seconds.
        """
        number = next(self._numbers)
        answer: Future[Header] = Future()
        self._waiting[number] = answer
        try:
            with self._writing:
                if not self.alive or self._process is None or self._process.stdin is None:
                    raise ProcessDied
                write_frame(self._process.stdin, {**header, "id": number}, files)
            return answer.result(timeout)
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            # The next request must get another process.
            if not self._dead.wait(END_SECONDS):
                self.kill()
            raise ProcessDied from error
        finally:
            self._waiting.pop(number, None)

    def kill(self) -> None:
        """End it now, with whatever it was doing; from here on it is not `alive`."""
        self._killed.set()
        if self._process is not None:
            self._process.kill()

    def _keep(self) -> None:
        try:
            self._process = self._program.start(
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
            self._started.set()
            if self._process.stdout is not None:
                self._read_answers(self._process.stdout)
            self._process.wait()
        finally:
            self._started.set()
            self._dead.set()
            for answer in list(self._waiting.values()):
                _fail(answer)

    def _read_answers(self, output: IO[bytes]) -> None:
        while (frame := read_frame(output)) is not None:
            header, _ = frame
            if answer := self._waiting.get(header.pop("id")):
                answer.set_result(header)


def _fail(answer: "Future[Header]") -> None:
    try:
        answer.set_exception(ProcessDied())
    except InvalidStateError:  # answered in the last moment
        return
