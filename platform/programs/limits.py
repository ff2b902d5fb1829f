"""Limits that a program sets for itself while it works."""

import math
import resource
import time


def allow_memory(size: int) -> None:
    """Let this process have so many bytes of addresses from now on, if it could have more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    least = [each for each in (size, soft, hard) if each != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(least), hard))


def allow_file(size: int) -> None:
    """Let this process write no file past so many bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def allow_seconds(seconds: int) -> None:
    """Let the kernel end this process after so much more processor time."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + seconds, hard))
