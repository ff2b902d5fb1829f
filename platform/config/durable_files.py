"""Where durable files lie: in the data folder, or in a bucket of S3 or of what speaks like it."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config.environment import MIB, env

__all__ = [
    "DURABLE_BUCKET",
    "DURABLE_COPIES_BYTES",
    "DURABLE_LINKS_URL",
    "DURABLE_LINK_SECONDS",
]

# Of files in a bucket, each machine keeps copies up to this size.
DURABLE_COPIES_BYTES = env.int("LOUPE_S3_COPIES_BYTES", default=20 * 1024 * MIB)
# Where clients reach the bucket's server, if they are to fetch large files from there themselves.
DURABLE_LINKS_URL = env.str("LOUPE_S3_LINKS_URL", default="").rstrip("/")
# A clock that is wrong by some minutes must not end a link before it is used.
DURABLE_LINK_SECONDS = env.int("LOUPE_S3_LINK_SECONDS", default=900)
# S3 refuses links of more than a week.
if not 1 <= DURABLE_LINK_SECONDS <= 604_800:
    raise ImproperlyConfigured(
        f"LOUPE_S3_LINK_SECONDS may be 1 to 604800, not {DURABLE_LINK_SECONDS}."
    )
# A store that does not answer is asked so often; in all some ten seconds where it refuses at once.
_TRIES = 4
_CONNECT_SECONDS, _SILENCE_SECONDS = 5, 20
# Threads of one process that work on files in the bucket share these connections.
_CONNECTIONS = 32


def durable_files() -> dict[str, Any]:
    """Return the entry of Django's STORAGES."""
    return bucket_files() or folder_files()


def folder_files() -> dict[str, Any]:
    """Return the entry for the data folder."""
    return {"BACKEND": "django.core.files.storage.FileSystemStorage"}


def bucket_files() -> dict[str, Any] | None:
    """Return the entry for the bucket that the environment names, None where it names none."""
    bucket = env.str("LOUPE_S3_BUCKET", default="")
    if not bucket:
        return None
    # Only where a bucket is named: botocore takes memory.
    from boto3.s3.transfer import TransferConfig
    from botocore.config import Config

    endpoint = env.str("LOUPE_S3_ENDPOINT_URL", default="") or None
    return {
        "BACKEND": "storage.bucket.Bucket",
        "OPTIONS": {
            "bucket_name": bucket,
            "location": env.str("LOUPE_S3_PREFIX", default="").strip("/"),
            "endpoint_url": endpoint,
            "region_name": env.str("LOUPE_S3_REGION", default="") or None,
            # Servers of one's own seldom have a name for each bucket.
            "client_config": Config(
                s3={"addressing_style": "path" if endpoint else "auto"},
                max_pool_connections=_CONNECTIONS,
                # The signature that links need in every region.
                signature_version="s3v4",
                retries={"mode": "standard", "total_max_attempts": _TRIES},
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_SILENCE_SECONDS,
            ),
            # Several files at a time are enough; several threads for each would be too many.
            "transfer_config": TransferConfig(use_threads=False),
            # A larger file passes through the disk on its way here.
            "max_memory_size": 16 * MIB,
            "file_overwrite": True,
            "default_acl": None,
        },
    }


# What moves between folder and bucket need, whichever of them is in use.
DURABLE_BUCKET = bucket_files()
