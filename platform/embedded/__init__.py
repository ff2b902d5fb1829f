"""PostgreSQL and Redis from pip wheels, and the process supervisor behind `make run`.

This package imports no app and no Django: it starts programs, and may only shell out to
`manage.py`. `postgres.py` and `redis.py` are the two servers, `run.py` is the whole platform.
"""
