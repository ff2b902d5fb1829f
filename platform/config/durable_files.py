"""Where durable files lie: in the data folder, or in a bucket of S3 or of what speaks like it."""

from typing import Any

from config.environment import MIB, env

__all__ = ["DURABLE_COPIES_BYTES"]

# Of files in a bucket, each machine keeps copies up to this size.
DURABLE_COPIES_BYTES = env.int("LOUPE_S3_COPIES_BYTES", default=20 * 1024 * MIB)
# Threads of one process that work on files in the bucket share these connections.
_CONNECTIONS = 32


def durable_files() -> dict[str, Any]:
    """Return the entry of Django's STORAGES."""
    bucket = env.str("LOUPE_S3_BUCKET", default="")
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    # Only where a bucket is named: botocore takes memory.
    from boto3.s3.transfer import TransferConfig
    from botocore.config import Config

    endpoint = env.str("LOUPE_S3_ENDPOINT_URL", default="") or None
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "location": env.str("LOUPE_S3_PREFIX", default="").strip("/"),
            "endpoint_url": endpoint,
            "region_name": env.str("LOUPE_S3_REGION", default="") or None,
            # Servers of one's own seldom have a name for each bucket.
            "client_config": Config(
                s3={"addressing_style": "path" if endpoint else "auto"},
                max_pool_connections=_CONNECTIONS,
            ),
            # Several files at a time are enough; several threads for each would be too many.
            "transfer_config": TransferConfig(use_threads=False),
            # A larger file passes through the disk on its way here.
            "max_memory_size": 16 * MIB,
            "file_overwrite": True,
            "default_acl": None,
        },
    }
