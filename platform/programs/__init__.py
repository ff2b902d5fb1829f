"""The one launcher of Python child processes: what they inherit, and what they cannot do.

`launch.Program` says what a child is and starts it; `child` is the stub that runs first in it and
takes away memory, core dumps, secrets and, where the kernel allows it, the network and `/proc`.
"""
