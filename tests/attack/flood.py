"""`python -m tests.attack.flood`: one person's requests, all at a time, over and over.

A process of its own, so that its threads take nothing from the one that measures another person's
wait. Reads a plan as one line of JSON, says `ready`, begins at the line `go`, ends with its input,
and prints how often which answer came.
"""

import json
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.attack.target import Target

# Who is refused comes again, much sooner than Retry-After says.
AGAIN_SECONDS = 1.0


def main() -> int:
    """Flood until the input ends."""
    plan = json.loads(sys.stdin.readline())
    target = Target(plan["url"])
    bodies = {name: Path(name).read_bytes() for name in {one["body"] for one in plan["requests"]}}
    go, over = threading.Event(), threading.Event()

    def send(one: dict) -> Counter:
        answers: Counter = Counter()
        headers = {"Authorization": f"Bearer {plan['token']}", "Content-Type": one["type"]}
        go.wait()
        while not answers or not over.wait(AGAIN_SECONDS):
            try:
                answer = target.send(
                    "POST", one["path"], headers=headers, data=bodies[one["body"]], timeout=300
                )
                answers[str(answer.status_code)] += 1
            except OSError as error:  # no answer at all is what must not be
                answers[type(error).__name__] += 1
        return answers

    with ThreadPoolExecutor(len(plan["requests"])) as pool:
        sent = [pool.submit(send, one) for one in plan["requests"]]
        print("ready", flush=True)
        sys.stdin.readline()
        started = time.monotonic()
        go.set()
        sys.stdin.read()
        over.set()
        total: Counter = Counter()
        for one in sent:
            total += one.result()
    print(json.dumps({"seconds": round(time.monotonic() - started, 1), "answers": total}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
