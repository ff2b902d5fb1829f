"""Synchronous predictions: from the web process to the warm model and back.

    web ── images ──▶ Redis ◀── worker (Celery, queue predict) ──▶ model process (child.py)
    web ◀── answer ── Redis ◀──┘

`mailbox` is both ends' view of Redis; `server` lives in the worker and keeps one `ModelProcess`
alive; `child` is the program in it, with memory limits, no Django, no secrets; `frames` is how the
two talk. `ready_made` prepares the model that comes with Loupe.
"""
