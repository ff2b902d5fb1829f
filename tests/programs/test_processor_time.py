"""What a session's processes have used of the processors, those that have ended among them."""

import subprocess
import sys

from programs.processor_time import session_seconds

# Half a second of work in a child that is waited for, then half a second of its own; it stays.
BUSY = """
import subprocess, sys, time
work = "import time\\nwhile time.process_time() < 0.5: pass"
subprocess.run([sys.executable, "-c", work], check=True)
exec(work)
print("done", flush=True)
sys.stdin.read()
"""


def test_what_a_session_used_counts_its_children():
    command = [sys.executable, "-c", BUSY]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, start_new_session=True, **pipes) as process:
        assert process.stdout.readline() == b"done\n"
        assert 0.9 <= session_seconds(process.pid) < 3
        process.stdin.close()
        process.wait()
        assert session_seconds(process.pid) == 0
