"""`loupe jobs`."""

from __future__ import annotations

import argparse
from itertools import islice

from loupe.cli.arguments import Commands, command, connected
from loupe.cli.output import percent, say, say_json, say_table
from loupe.jobs import Job


def add_commands(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add it."""
    jobs = command(commands, common, "jobs", show_jobs, "list background work, wait for it, end it")
    jobs.add_argument("job", nargs="?", help="an id")
    jobs.add_argument("--status", help="only those: running, failed, …")
    jobs.add_argument("--limit", type=int, default=20, metavar="N", help="how many (20)")
    what = jobs.add_mutually_exclusive_group()
    what.add_argument("--wait", action="store_true", help="wait until the job has ended")
    what.add_argument("--cancel", action="store_true", help="ask for the job's end")


def show_jobs(args: argparse.Namespace) -> int:
    """List jobs, or deal with one."""
    with connected(args) as client:
        if args.job is None:
            rows = list(islice(client.jobs(status=args.status), args.limit))
            if args.json:
                for each in rows:
                    say_json(each.data)
            else:
                say_table(("status", "done", "kind", "title", "id"), [_row(each) for each in rows])
            return 0
        job = client.job(args.job)
        if args.cancel:
            job.cancel()
        elif args.wait:
            job.wait()
    if args.json:
        say_json(job.data)
    else:
        say(f"{job['title'] or job['kind']}: {job.status}")
        if error := job.data.get("error"):
            say(f"{error['detail']} {error['hint']}".strip())
    return int(job.status == "failed")


def _row(job: Job) -> tuple[str, ...]:
    progress = job["progress"]
    done, total = progress.get("done"), progress.get("total")
    share = percent(done / total) if done is not None and total else "–"
    return job.status, share, job["kind"], job["title"], job.id
