"""What the test kinds do, and a journal of it that survives every kill.

Payload of steps: `steps`, `seconds` each, `journal` (a file), and optionally `fail` (a failure
code), `misbehave` (see MISCHIEF), `dies_at_the_end` (once its result is stored), `threads` and
`program` (that many threads and a program are started, which wait). The result of a
job is one row of the audit log, written in the transaction that finishes the job, so two results
would be two rows.
"""

import errno
import json
import logging
import os
import signal
import subprocess
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from accounts.services.audit import record
from jobs.handlers import JobContext, JobFailed, cleans_up, handles
from jobs.models import Job
from jobs.services.enqueue import enqueue
from storage.atomic import write_atomically
from tests.jobs.testkinds import kinds

GPU_VARIABLES = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "TF_FORCE_GPU_ALLOW_GROWTH")


@handles(kinds.STEPS)
def steps(context: JobContext) -> None:
    """Take steps, each kept in a checkpoint, then store one result."""
    payload = context.payload
    checkpoint = context.checkpoint_dir / "step.json"
    first = json.loads(checkpoint.read_bytes()) if checkpoint.exists() else 0
    gpus = {name: os.environ.get(name) for name in GPU_VARIABLES}
    _note(context, "start", step=first, gpus=gpus)
    _accompany(payload)
    for step in range(first, payload["steps"]):
        context.check()
        if "misbehave" in payload:
            MISCHIEF[payload["misbehave"]](context)
        time.sleep(payload["seconds"])
        write_atomically(checkpoint, [json.dumps(step + 1).encode()])
        (context.output_dir / f"{step}.txt").write_text("x" * 1000)
        context.progress(step + 1, payload["steps"], "steps", "Stepping")
        _note(context, "step", step=step)
    if payload.get("fail"):
        raise JobFailed(payload["fail"], "As the test wished.")
    with context.finish("test_result", context.job.pk, steps=payload["steps"]):
        record(
            actor=None,
            action="test.result",
            target=context.job,
            fence=context.fence,
        )
    _note(context, "finish")
    if payload.get("dies_at_the_end"):
        os.kill(os.getpid(), signal.SIGKILL)


@handles(kinds.PATIENT)
def patient_steps(context: JobContext) -> None:
    """The same, parked before them until the file `go` is there; may die once it is parked."""
    if Path(context.payload["go"]).exists():
        steps(context)
        return
    _note(context, "parked")
    context.progress(0, 2, "others", "Waiting for others")
    with context.park():
        pass
    if context.payload.get("dies"):
        os.kill(os.getpid(), signal.SIGKILL)


@handles(kinds.TRAIN_STEPS)
def train_steps(context: JobContext) -> None:
    """The same on the queue of trainings."""
    steps(context)


@handles(kinds.TRAIN_LIGHT)
def light_steps(context: JobContext) -> None:
    """The same, without a GPU."""
    steps(context)


@handles(kinds.IMPATIENT)
def impatient_steps(context: JobContext) -> None:
    """The same, stopped when they stand still."""
    steps(context)


@handles(kinds.HURRIED)
def hurried_steps(context: JobContext) -> None:
    """The same, stopped when they take long."""
    steps(context)


@handles(kinds.STUBBORN)
def stubborn_steps(context: JobContext) -> None:
    """The same for torture."""
    steps(context)


@handles(kinds.HUNGRY)
def hungry(context: JobContext) -> None:
    """Take memory until there is none."""
    _note(context, "start")
    held = []
    while True:
        held.append(bytearray(64 << 20))


@cleans_up(kinds.STUBBORN)
@cleans_up(kinds.STEPS)
def remove_upload(job: Job) -> None:
    """Remove the file that the job was about, like the archive of an import."""
    if upload := job.payload.get("upload"):
        Path(upload).unlink(missing_ok=True)


def _accompany(payload: dict) -> None:
    for _ in range(payload.get("threads", 0)):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    if payload.get("program"):
        subprocess.Popen(["sleep", "600"])


def _note(context: JobContext, what: str, **details: object) -> None:
    line = {"what": what, "pid": os.getpid(), "fence": context.fence, "at": time.time(), **details}
    with Path(context.payload["journal"]).open("a") as journal:
        journal.write(json.dumps(line) + "\n")


def _crash(context: JobContext) -> None:
    os.abort()


def _ignore_everything(context: JobContext) -> None:
    while True:
        time.sleep(60)


def _no_result(context: JobContext) -> None:
    print("Said to operators.")
    context.log("Said to members.\nAnd more.")
    raise RuntimeError("a bug")


def _fill_the_disk(context: JobContext) -> None:
    with (context.output_dir / "big").open("wb") as file:
        while True:
            file.write(b"\0" * (1 << 20))


def _pretend_disk_full(context: JobContext) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _outgrow_group(context: JobContext) -> None:
    (Path(context.payload["group"]) / "cgroup.procs").write_text(str(os.getpid()))
    held = []
    while True:
        # Memory counts once it is written to.
        held.append(b"\1" * (16 << 20))


def _talk(context: JobContext) -> None:
    """Write to the log by each way there is, one of them as if it were another job; start a job."""
    logging.getLogger("tests.talk").warning("A warning\nof two lines")
    threads = [threading.Thread(target=logging.getLogger("tests.thread").info, args=["Beside"])]
    threads[0].start()
    threads[0].join()
    time_now = datetime.now(UTC).isoformat()
    words = {"time": time_now, "level": "ERROR", "logger": "forger", "message": "Forged"}
    print(json.dumps(words | {"job_id": "another", "trace_id": "another"}))
    context.log("For members")
    enqueue(
        kind=kinds.PATIENT,
        organization=context.job.organization,
        created_by=None,
        title="Follows",
        payload={},
    )


def _litter(context: JobContext) -> None:
    """Leave a file where libraries put theirs."""
    with tempfile.NamedTemporaryFile(delete=False) as file:
        _note(context, "litter", path=file.name)


def _litter_and_die(context: JobContext) -> None:
    _litter(context)
    os.kill(os.getpid(), signal.SIGKILL)


MISCHIEF = {
    "outgrow_group": _outgrow_group,
    "crash": _crash,
    "hang": _ignore_everything,
    "bug": _no_result,
    "fill_disk": _fill_the_disk,
    "disk_full": _pretend_disk_full,
    "talk": _talk,
    "litter": _litter,
    "litter_and_die": _litter_and_die,
}
