"""How the server that speaks S3 is reached, for programs that have no Django yet."""

BUCKET = "loupe"
KEY, SECRET = "tests", "tests-only-secret"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}


def s3_variables(url: str, prefix: str) -> dict[str, str]:
    """What an operator sets."""
    return {
        "LOUPE_S3_BUCKET": BUCKET,
        "LOUPE_S3_ENDPOINT_URL": url,
        "LOUPE_S3_REGION": "us-east-1",
        "LOUPE_S3_PREFIX": prefix,
        **CREDENTIALS,
    }
