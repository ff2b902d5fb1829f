"""A program that the kernel kills."""

import os
import signal

os.kill(os.getpid(), signal.SIGKILL)
