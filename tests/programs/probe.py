"""What an attacker would try who has taken over a program: says what it got, as JSON."""

import json
import os
import resource
import socket
import sys
from pathlib import Path


def connects(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    port, parent, folder = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    try:
        parents_secrets = b"SECRET" in Path(f"/proc/{parent}/environ").read_bytes()
    except OSError:
        parents_secrets = False
    (folder / "written").write_text("by the program")
    answer = {
        "environment": sorted(os.environ),
        "network": connects("127.0.0.1", port),
        "parents_secrets": parents_secrets,
        "user": os.geteuid(),
        "memory": resource.getrlimit(resource.RLIMIT_AS),
        "core": resource.getrlimit(resource.RLIMIT_CORE),
    }
    print(json.dumps(answer))
