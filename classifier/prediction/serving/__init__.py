"""Synchronous predictions: from the web process to the warm model and back.

    web ── images ──▶ Redis ◀── worker (Celery, queue predict) ──▶ model process (child.py)
    web ◀── answer ── Redis ◀──┘               decoding processes (pixels.py) ◀──┘

`mailbox` is both ends' view of Redis; `server` lives in the worker and keeps one `ModelProcess`
alive; `child` is the program in it, with memory limits, no Django, no secrets; `frames` is how the
two talk. Files are decoded one at a time in processes that end with a file which is hostile or too
slow, or whose client has given up (`image_reader`, `pixels`). `turns` gives each person and
organization an equal share of the time. `built_in` prepares the model that comes with Loupe.
"""
