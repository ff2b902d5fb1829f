"""What members read of an attempt's log: no traceback, wherever the tail was cut."""

from jobs.models import JobAttempt


def test_a_tail_that_begins_inside_a_traceback_shows_none_of_it():
    attempt = JobAttempt(
        log_tail='  File "/srv/loupe/x.py", line 1, in f\n    g()\nOSError: /srv/secret\nline 2'
    )
    assert "/srv" not in attempt.public_log
    assert attempt.public_log.splitlines()[-1] == "line 2"


def test_a_tail_that_begins_with_the_code_of_a_traceback_shows_none_of_it():
    attempt = JobAttempt(
        log_tail='    open("/srv/a")\n  File "/srv/loupe/x.py", line 1, in f\nOSError: /srv/b\nend'
    )
    assert "/srv" not in attempt.public_log
    assert attempt.public_log.splitlines()[-1] == "end"
