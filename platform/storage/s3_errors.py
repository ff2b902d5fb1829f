"""What the errors of boto3 amount to. Imported only where a bucket is used: botocore is large."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from s3transfer.exceptions import (
    RetriesExceededError,
    S3DownloadFailedError,
    S3UploadFailedError,
)
from urllib3.exceptions import HTTPError

from storage.errors import StoreError, StoreFull, StoreRefused, StoreUnavailable

_FULL = {
    "InsufficientCapacity",
    "InsufficientStorage",
    "QuotaExceeded",
    "StorageQuotaExceeded",
    "XMinioAdminBucketQuotaExceeded",
    "XMinioStorageFull",
}
_NO_SPACE = "no space left"
# Told as the client's fault (400, 404), and gone when it is asked again.
_PASSING = {
    "ExpiredToken",
    "IncompleteBody",
    "NoSuchUpload",
    "RequestExpired",
    "RequestTimeout",
    "TokenRefreshRequired",
}
# Of a HEAD no body comes, so the status stands for the code.
_GONE, _READS = {"404", "NoSuchKey", "NotFound"}, {"GetObject", "HeadObject"}
_SKEWED = "RequestTimeTooSkewed"
_REDIRECTS, _REFUSALS, _INSUFFICIENT = range(300, 400), {400, 401, 403, 404, 405, 411, 501}, 507


def store_error(error: Exception) -> StoreError | FileNotFoundError | None:
    """Return what a client's exception amounts to, None where it is not one of the store's."""
    if isinstance(error, ClientError):
        return _answered(error)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return StoreRefused(
            "Loupe has no key for the store of files. The operator sets AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY on every machine."
        )
    if isinstance(error, RetriesExceededError):
        return _does_not_answer(type(error.last_exception).__name__)
    if isinstance(error, BotoCoreError | S3DownloadFailedError | S3UploadFailedError | HTTPError):
        return _does_not_answer(type(error).__name__)
    return None


def _answered(error: ClientError) -> StoreError | FileNotFoundError:
    said = error.response.get("Error", {})
    code = str(said.get("Code", "")) or "no code"
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    # Of an answer without a body the status stands for the code.
    said_as = f"{code}, {status}" if code != str(status) else code
    if code in _FULL or status == _INSUFFICIENT or _NO_SPACE in str(said.get("Message")).lower():
        return StoreFull(
            f"The store of files takes no more ({code}). Nothing of this was kept. The operator "
            "makes room in the bucket; then try again."
        )
    if code in _GONE and error.operation_name in _READS:
        return FileNotFoundError("The store of files has no such file any longer.")
    if code in _PASSING:
        return _does_not_answer(said_as)
    if code == _SKEWED:
        return _does_not_answer(f"{code}: this machine's clock and the store's differ too much")
    if status in _REFUSALS or status in _REDIRECTS:
        return StoreRefused(
            f"The store of files does not let Loupe do this ({said_as}). The operator "
            "looks at LOUPE_S3_BUCKET, LOUPE_S3_REGION and the key, which must read, write, "
            "delete and list."
        )
    return _does_not_answer(said_as)


def _does_not_answer(reason: str) -> StoreError:
    return StoreUnavailable(
        f"The store of files does not answer as it should ({reason}). Nothing of this was kept. "
        "Try again soon."
    )
