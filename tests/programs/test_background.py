"""A process in the background, and out of it again, with the right to it and without."""

import json
import subprocess
import sys

import pytest

from programs.launch import ROOT

SCRIPT = """
import ctypes, json, os, sys, threading
from pathlib import Path

if sys.argv[1] == "ordinary" and not sys.argv[2:]:
    # As for an ordinary user: priorities cannot be taken back.
    ctypes.CDLL(None).prctl(24, 23, 0, 0, 0)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:], "again"])
from programs.background import Background

def state():
    group = Path("/proc/self/autogroup")
    return {
        "idle": [os.sched_getscheduler(t) == os.SCHED_IDLE for t in threads()],
        "nice": [os.getpriority(os.PRIO_PROCESS, t) for t in threads()],
        "session": int(group.read_text().split()[-1]) if group.exists() else None,
    }

def threads():
    return sorted(int(t) for t in os.listdir("/proc/self/task"))

os.setsid()
background, told = Background(), []
assert background.leave(), "it is in no background yet"
background.enter()
threading.Thread(target=threading.Event().wait, daemon=True).start()
told.append(state())
with background.lifted():
    told.append(state())
told.append(state())
shares = []
for has_share in (True, False):
    background.set_share(has_share=has_share)
    shares.append(state())
with background.lifted():
    left = background.leave()
told.append(state())
print(json.dumps({"told": told, "left": left, "shares": shares}))
os._exit(0)
"""


def told_by(user: str) -> dict:
    """What a process tells of itself: in the background, lifted, back, and when it has left."""
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, user], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def grouped(told: dict) -> bool:
    """Whether the kernel knows priorities of sessions."""
    return told["told"][0]["session"] is not None


def test_who_may_come_back_is_idle_and_leaves():
    told = told_by("any")
    inside, lifted, back, after = told["told"]
    if not inside["idle"][0]:
        pytest.skip("this user has no right to raise priorities; the next test is about that")
    assert inside["idle"] == back["idle"] == [True, True]
    assert lifted["idle"] == [False, True], "the thread that holds locks"
    assert (after["idle"], after["nice"], told["left"]) == ([False, False], [0, 0], True)
    share, none = told["shares"]
    assert (share["idle"], share["nice"]) == ([False, False], [10, 10]), "a tenth beside others"
    assert none["idle"] == [True, True]
    if grouped(told):
        assert [each["session"] for each in told["told"]] == [19, 0, 19, 0]
        assert [each["session"] for each in told["shares"]] == [10, 19]


def test_an_ordinary_user_keeps_nice_and_says_so_unless_sessions_count():
    told = told_by("ordinary")
    inside, _, back, after = told["told"]
    assert inside["nice"] == back["nice"] == after["nice"] == [19, 19]
    assert not any(inside["idle"])
    if grouped(told):
        assert [each["session"] for each in told["told"]] == [19, 0, 19, 0]
        assert [each["session"] for each in told["shares"]] == [10, 19]
    else:
        assert told["left"] is False
