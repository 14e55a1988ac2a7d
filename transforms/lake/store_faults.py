"""What an object store's errors mean, as one sentence that says what to do."""

from __future__ import annotations

import re

from newsbeam.transforms.errors import NewsbeamError

_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    "gs": "GOOGLE_SERVICE_ACCOUNT",
}
_NO_CREDENTIALS = re.compile(
    r"InvalidAccessKeyId|access key ID|SignatureDoesNotMatch|InvalidToken|ExpiredToken|"
    r"AuthenticationFailed|"
    r"UnauthenticatedError|Unauthenticated|401 Unauthorized|instance metadata|credential",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"AccessDenied|PermissionDenied|403 Forbidden|status: 403|lacked the necessary privileges"
)
_NO_BUCKET = re.compile(r"NoSuchBucket|ContainerNotFound|The specified bucket does not exist")
_SILENT = re.compile(
    r"error sending request|timed out|timeout|connection|connect error|dns error|50[0-9] ",
    re.IGNORECASE,
)
_CODE = re.compile(r"<Code>(\w+)</Code>")


class StoreFault(NewsbeamError):
    """The object store refuses, or does not answer."""


def name_fault(place: object, error: Exception, wanted: str = "read") -> StoreFault:
    """The error of whoever asked for ``place`` (an ``ObjectPath``), in one sentence; it never shows
    credentials."""
    text = str(error).partition("Debug source")[0]
    scheme, _, rest = str(place).partition("://")
    bucket = f"{scheme}://{rest.partition('/')[0]}"
    code = f" ({found[1]})" if (found := _CODE.search(text)) else ""
    if _NO_BUCKET.search(text):
        what = f"there is no bucket {bucket}; make it, or correct its name"
    elif _REFUSED.search(text) and not re.search("InvalidAccessKey|SignatureDoesNot", text):
        what = (
            f"{place} may not be {wanted}{code}: the store refuses; give these credentials the "
            "right to list, read, write and delete there"
        )
    elif _NO_CREDENTIALS.search(text):
        what = (
            f"{bucket} does not accept the credentials{code}; set {_CREDENTIALS[scheme]} "
            "in the environment"
        )
    elif _SILENT.search(text):
        what = (
            f"{bucket} does not answer; is its address right (AWS_ENDPOINT_URL), and the server up?"
            if scheme == "s3"
            else f"{bucket} does not answer; is the server up?"
        )
    else:
        first = " ".join(text.split("\n")[0].split())[:160]
        what = f"{place} cannot be {wanted}: {first}"
    return StoreFault(what)


def is_of_bucket(error: Exception) -> bool:
    """Whether the error says that there is no such bucket."""
    return _NO_BUCKET.search(str(error)) is not None
