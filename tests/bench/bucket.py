"""What sending and fetching small files costs: by the storage that Loupe uses, and by its parent.

    python -m tests.bench.bucket [--files 300] [--bytes 30000]

To `rclone serve s3` on this machine; counted is the processor time of the process that does it.
"""

import argparse
import os
import socket
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any

from tests.storage.s3_names import s3_variables


def main() -> int:
    """Print the milliseconds of a processor for a file, of three turns each."""
    options = _options()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    folder = Path(tempfile.mkdtemp(prefix="loupe-bucket-"))
    os.environ |= {
        "SECRET_KEY": "bench-only-" + "x" * 42,
        "DATABASE_URL": "postgres:///none",
        "REDIS_URL": "redis://none",
        "LOUPE_DATA_DIR": str(folder / "data"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        **s3_variables(f"http://{address}", "loupe"),
    }
    import django

    django.setup()
    from django.core.files import File
    from django.core.files.storage import storages
    from storages.backends.s3 import S3Storage

    from tests.storage.s3_server import s3_server

    path = folder / "file"
    path.write_bytes(os.urandom(options.bytes))
    ours = storages["durable"]
    given = storages.backends["durable"]["OPTIONS"]
    both = {"Loupe's": ours, "django-storages'": S3Storage(**given)}

    def send(storage: Any, name: str) -> None:
        with path.open("rb") as stream:
            storage.save(name, File(stream))

    def fetch(storage: Any, name: str) -> None:
        with storage.open(name) as stream:
            assert sum(map(len, stream.chunks(1 << 20))) == options.bytes

    with s3_server(folder, address):
        for turn, (what, (name, storage)) in product(
            range(4), product((send, fetch), both.items())
        ):
            began = time.process_time()
            for number in range(options.files):
                what(storage, f"{turn}/{number}")
            used = (time.process_time() - began) / options.files
            # The first turn opens connections.
            if turn:
                print(f"{name} {what.__name__}: {used * 1e3:.2f} ms")
    print(f"load: {' '.join(f'{each:.1f}' for each in os.getloadavg())}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--bytes", type=int, default=30_000)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
