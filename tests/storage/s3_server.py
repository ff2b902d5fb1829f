"""A server that speaks S3, as its own process (moto)."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3

from tests.conftest import answers, free_port, wait_until

BUCKET = "loupe"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests"}


@contextmanager
def s3_server(logs: Path) -> Iterator[str]:
    """Start one with an empty bucket and yield its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (logs / "s3.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: answers(f"{url}/moto-api/"), 60, (logs / "s3.log").read_text)
        bucket(url).create()
        yield url
    finally:
        process.terminate()
        process.wait()


def bucket(url: str):
    """The bucket of the server, to look into."""
    session = boto3.Session("tests", "tests", region_name="us-east-1")
    return session.resource("s3", endpoint_url=url).Bucket(BUCKET)
