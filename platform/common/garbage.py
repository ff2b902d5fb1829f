"""Python's search for unreachable cycles, where a program answers many small requests."""

import gc

# Objects made and not freed since the last look, 700 by default: more would let what large
# requests leave in cycles wait too long.
_YOUNG, _MIDDLE, _OLD = 5_000, 20, 20


def collect_less() -> None:
    """Look for garbage less often, and never again among what the program has loaded so far.

    For a process that is ready to serve: most of what a request leaves is freed by counting.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
