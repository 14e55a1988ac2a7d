"""Sends notices: a JSON body to a webhook, a mail by SMTP. Knows nothing of lakes."""

from __future__ import annotations

import json
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict
from email.message import EmailMessage
from urllib.parse import urlsplit

from newsbeam.pipelines.notify.notices import Notice
from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.settings.environment import fill_in
from newsbeam.transforms.settings.notify import MailSettings

# Ours: seconds that a server has; a run waits no longer for it.
_PATIENCE = 20.0
_MOST_LINES = 50


class NotSent(NewsbeamError):
    """A notice could not be delivered. Names the server, and no secret."""


def describe_notices(notices: Sequence[Notice]) -> str:
    """The notices for people, a line each, the address below."""
    lines = [
        f"{notice.text}\n  {notice.url}" if notice.url and notice.kind != "problem" else notice.text
        for notice in notices[:_MOST_LINES]
    ]
    if len(notices) > _MOST_LINES:
        lines.append(f"and {len(notices) - _MOST_LINES} more")
    return "\n".join(lines)


def post_webhook(webhook: str, lake: LakePath, notices: Sequence[Notice]) -> None:
    """POST ``{"text", "lake", "events"}``; what chat programs show is ``text``.

    Raises:
        NotSent: it was not taken.
        MissingSecret: the address names a secret that is not there.
    """
    body = {
        "text": f"newsbeam: {describe_notices(notices)}",
        "lake": str(lake),
        "events": [asdict(notice) for notice in notices],
    }
    address = fill_in(webhook)
    if urlsplit(address).scheme not in ("http", "https"):
        raise NotSent("`notify: webhook:` is no http or https address")
    request = urllib.request.Request(
        address,
        json.dumps(body, ensure_ascii=False).encode(),
        {"Content-Type": "application/json; charset=utf-8", "User-Agent": "newsbeam"},
        method="POST",
    )
    host = urlsplit(address).hostname
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE):
            pass
    except urllib.error.HTTPError as error:
        raise NotSent(f"the webhook at {host} answers {error.code} {error.reason}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise NotSent(f"the webhook at {host} cannot be reached: {reason}") from None


def send_mail(mail: MailSettings, lake: LakePath, notices: Sequence[Notice]) -> None:
    """Send one e-mail with all notices.

    Raises:
        NotSent: the server did not take it.
        MissingSecret: the password names a secret that is not there.
    """
    message = EmailMessage()
    first = " ".join(notices[0].text.split())[:120]
    more = f" (and {len(notices) - 1} more)" if len(notices) > 1 else ""
    message["Subject"] = f"newsbeam: {first}{more}"
    message["From"], message["To"] = mail.sender, ", ".join(mail.to)
    message.set_content(f"{describe_notices(notices)}\n\nLake: {lake}\n")
    password = fill_in(mail.password or "")
    try:
        with _connect(mail) as server:
            if mail.user is not None:
                server.login(mail.user, password)
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"{mail.server} did not take the mail: {type(error).__name__}") from None


def _connect(mail: MailSettings) -> smtplib.SMTP:
    place, context = (mail.server, mail.port), ssl.create_default_context()
    if mail.security == "tls":
        return smtplib.SMTP_SSL(*place, timeout=_PATIENCE, context=context)
    server = smtplib.SMTP(*place, timeout=_PATIENCE)
    if mail.security == "starttls":
        server.starttls(context=context)
    return server
