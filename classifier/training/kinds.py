"""The kinds of work that train: a network, or without TensorFlow a head or a classic method.

A search for a learning rate trains a hundred steps of the same.
"""

from dataclasses import replace

from jobs.kinds import Kind, Limit, Needs, Page, Queue

_SEARCHES = Limit("searches for a learning rate", 2)
_SEARCH_SECONDS = 1800.0
_SEARCH_PAGE = Page("Learning rate", "classifier:rate_search", "rate_search")

TRAIN = Kind(
    name="train",
    title="Training",
    queue=Queue.TRAIN,
    needs=Needs(
        preload=("classifier.engine.fit.scratch", "classifier.engine.fit.fine_tuning"),
        title="TensorFlow",
        gpu=True,
    ),
    resumable=True,
    page=Page("Training run", "classifier:run", "training_run"),
)

TRAIN_HEAD = Kind(
    name="train_head",
    title="Training on vectors",
    # A matter of seconds: it does not wait behind hours of a network's training.
    queue=Queue.IO,
    # NumPy, ONNX, ONNX Runtime and scikit-learn: a second of imports.
    needs=Needs(preload=("classifier.engine.fit.training", "classifier.engine.measure.evaluation")),
    resumable=True,
    page=Page("Training run", "classifier:run", "training_run"),
)

# The same as parts of an experiment, which people hear of in their stead.
TRAIN_MEMBER = replace(
    TRAIN, name="train_member", title="Training of an experiment", announced=False
)
TRAIN_MEMBER_HEAD = replace(
    TRAIN_HEAD,
    name="train_member_head",
    title="Training on vectors of an experiment",
    announced=False,
)

SEARCH_RATE = Kind(
    name="search_rate",
    title="Search for a learning rate",
    queue=Queue.TRAIN,
    needs=TRAIN.needs,
    page=_SEARCH_PAGE,
    limit=_SEARCHES,
    time_limit_seconds=_SEARCH_SECONDS,
)

SEARCH_HEAD_RATE = Kind(
    name="search_head_rate",
    title="Search for a learning rate on vectors",
    queue=Queue.IO,
    needs=TRAIN_HEAD.needs,
    page=_SEARCH_PAGE,
    limit=_SEARCHES,
    time_limit_seconds=_SEARCH_SECONDS,
)
