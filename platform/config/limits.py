"""How large, how many and how long: what is bounded, and the quotas of organizations and people."""

from config.environment import MIB, env
from config.quotas import quota_settings

ARCHIVE_MAX_BYTES = env.int("LOUPE_ARCHIVE_MAX_BYTES", default=2048 * MIB)
# A foreign model: its file, and how many a person and an organization may bring in 24 hours.
MODEL_IMPORT_MAX_BYTES = env.int("LOUPE_MODEL_IMPORT_MAX_BYTES", default=1024 * MIB)
MODEL_IMPORTS_A_DAY = env.int("LOUPE_MODEL_IMPORTS_A_DAY", default=20)
MODEL_IMPORTS_A_DAY_PER_ORGANIZATION = env.int(
    "LOUPE_MODEL_IMPORTS_A_DAY_PER_ORGANIZATION", default=60
)
ARCHIVE_MAX_ENTRIES = env.int("LOUPE_ARCHIVE_MAX_ENTRIES", default=100_000)
ARCHIVE_MAX_EXPANDED_BYTES = env.int("LOUPE_ARCHIVE_MAX_EXPANDED_BYTES", default=10_240 * MIB)
ARCHIVE_MAX_RATIO = env.int("LOUPE_ARCHIVE_MAX_RATIO", default=100)
ARCHIVE_MAX_WHOLE_RATIO = env.int("LOUPE_ARCHIVE_MAX_WHOLE_RATIO", default=400)
ARCHIVE_RATIO_FROM_BYTES = env.int("LOUPE_ARCHIVE_RATIO_FROM_BYTES", default=10 * MIB)
IMAGE_MAX_BYTES = env.int("LOUPE_IMAGE_MAX_BYTES", default=200 * MIB)
IMAGE_MAX_PIXELS = env.int("LOUPE_IMAGE_MAX_PIXELS", default=50_000_000)
# All images of one prediction together; and how many predictions of a person, and of an
# organization, are under way at a time.
PREDICT_MAX_PIXELS = env.int("LOUPE_PREDICT_MAX_PIXELS", default=400_000_000)
PREDICT_IN_FLIGHT = env.int("LOUPE_PREDICT_IN_FLIGHT", default=8)
# Pictures that people without an account ask about, by a try link: a minute by one link, and by all
# links of an organization.
TRY_LINK_A_MINUTE = env.int("LOUPE_TRY_LINK_A_MINUTE", default=120)
TRY_LINKS_A_MINUTE_PER_ORGANIZATION = env.int(
    "LOUPE_TRY_LINKS_A_MINUTE_PER_ORGANIZATION", default=300
)
# Batch predictions: the images of one, those that an organization may begin in 24 hours, and how
# many days results and the images of archives are kept.
BATCH_MAX_IMAGES = env.int("LOUPE_BATCH_MAX_IMAGES", default=100_000)
BATCH_IMAGES_A_DAY = env.int("LOUPE_BATCH_IMAGES_A_DAY", default=500_000)
BATCH_KEEP_DAYS = env.int("LOUPE_BATCH_KEEP_DAYS", default=30)
# Requests that are worked on at a time, each with a connection to Postgres; one person has a third
# of them at most. Then how long a request waits for its turn, and the event streams of one person.
REQUEST_THREADS = env.int("LOUPE_REQUEST_THREADS", default=24)
REQUEST_WAIT_SECONDS = env.float("LOUPE_REQUEST_WAIT_SECONDS", default=10)
EVENT_STREAMS_PER_PERSON = env.int("LOUPE_EVENT_STREAMS_PER_PERSON", default=40)
# What a request may have without an account or a token; how much of the data folder's disk stays
# free; how fast a body comes in at least, after a grace in seconds.
ANONYMOUS_MAX_BYTES = env.int("LOUPE_ANONYMOUS_MAX_BYTES", default=MIB)
FREE_DISK_BYTES = env.int("LOUPE_FREE_DISK_BYTES", default=1024 * MIB)
REQUEST_MIN_BYTES_PER_SECOND = env.int("LOUPE_REQUEST_MIN_BYTES_PER_SECOND", default=8 << 10)
REQUEST_GRACE_SECONDS = env.float("LOUPE_REQUEST_GRACE_SECONDS", default=30)
# How long a connection may take to say what it wants.
REQUEST_HEAD_SECONDS = env.float("LOUPE_REQUEST_HEAD_SECONDS", default=20)
# Counted before authentication; an archive's address may receive ARCHIVE_MAX_BYTES.
REQUEST_MAX_BYTES = env.int("LOUPE_REQUEST_MAX_BYTES", default=256 * MIB)

# Uploads that can be resumed: how many one person may have open, how long one may stand still.
UPLOADS_PER_PERSON = env.int("LOUPE_UPLOADS_PER_PERSON", default=10)
UPLOAD_KEEP_SECONDS = env.float("LOUPE_UPLOAD_KEEP_SECONDS", default=24 * 3600)
# Processes that decode images of requests, on one machine (0: as many as processors, at least two),
# and how long an upload waits for one.
UPLOAD_DECODERS = env.int("LOUPE_UPLOAD_DECODERS", default=0)
UPLOAD_WAIT_SECONDS = env.float("LOUPE_UPLOAD_WAIT_SECONDS", default=20)
# What the pixels of training and evaluation may take of a worker's disk; None: a share of the free.
PIXEL_CACHE_BYTES = env.int("LOUPE_PIXEL_CACHE_BYTES", default=None)

# What each organization may have where an operator has set nothing else (admin site,
# Organizations), and each person; None bounds nothing.
QUOTAS = quota_settings(
    env,
    bytes=100 * 1024 * MIB,
    images=1_000_000,
    datasets=1_000,
    jobs=500,
    predictions_per_hour=100_000,
    organizations_per_person=50,
    tokens_per_person=100,
)
