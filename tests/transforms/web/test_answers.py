"""What statuses and Retry-After mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.records import FetchFault
from newsbeam.transforms.web.answers import (
    is_retryable,
    is_trouble_of_host,
    judge_status,
    read_retry_after,
)

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def judge(status: int, **headers: str) -> FetchFault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return judge_status(status, named, url="http://avis.no/", domain="avis.no", now=NOW)


@pytest.mark.parametrize(
    ("status", "reason", "is_temporary", "again"),
    [
        (204, "http_error", False, False),
        (400, "http_error", False, False),
        (401, "unauthorized", False, False),
        (402, "paywalled", False, False),
        (403, "forbidden", False, False),
        (404, "not_found", False, False),
        (408, "timeout", True, True),
        (410, "gone", False, False),
        (429, "rate_limited", True, True),
        (451, "legal", False, False),
        (500, "server_error", True, True),
        (501, "server_error", False, False),
        (502, "server_error", True, True),
        (503, "server_error", True, True),
        (504, "server_error", True, True),
        (520, "server_error", True, False),
        (522, "server_error", True, True),
        (524, "server_error", True, True),
    ],
)
def test_statuses(status: int, reason: str, is_temporary: bool, again: bool) -> None:
    fault = judge(status)
    assert (fault.reason, fault.is_temporary, fault.status) == (reason, is_temporary, status)
    assert is_retryable(fault) == again
    assert is_trouble_of_host(fault) == (is_temporary and status != 429)
    assert str(status) in fault.detail


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {"cf_mitigated": "challenge"}),
        (503, {"cf_mitigated": "challenge"}),
        (202, {"x_amzn_waf_action": "challenge"}),
        (405, {"x_amzn_waf_action": "captcha"}),
        (403, {"x_datadome": "protected"}),
    ],
)
def test_walls_against_bots_are_told_as_such(status: int, headers: dict[str, str]) -> None:
    fault = judge(status, **headers)
    assert (fault.reason, fault.is_temporary) == ("bot_wall", False)
    assert not is_retryable(fault)


def test_a_site_behind_a_service_with_walls_may_still_fail_by_itself() -> None:
    assert judge(503, x_datadome="protected").reason == "server_error"


DATE = "Sun, 22 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120),
        ({"retry-after": " 0 "}, 0),
        ({"retry-after": "86401"}, 86400),
        ({"retry-after": "9" * 400}, 86400),
        ({"retry-after": "Sun, 22 Nov 2026 10:05:00 GMT"}, 300),
        ({"retry-after": "Sunday, 22-Nov-26 10:05:00 GMT"}, 300),
        ({"retry-after": "Sun, 22 Nov 2026 09:00:00 GMT"}, 0),
        ({"retry-after": "Sun, 22 Nov 2099 09:00:00 GMT"}, 86400),
        # A server that is an hour behind means five minutes, whatever our clock says.
        ({"retry-after": "Sun, 22 Nov 2026 09:05:00 GMT", "date": "Sun, 22 Nov 2026 09:00:00 GMT"},
         300),
        ({"retry-after": "Sun, 22 Nov 2026 10:05:00 GMT", "date": "i går"}, 300),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "snart"}, None),
        ({"retry-after": "²"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    wait = read_retry_after(headers, NOW)
    assert (None if wait is None else wait.total_seconds()) == seconds


def test_when_to_come_back() -> None:
    assert judge(429, retry_after="60").retry_at == NOW + timedelta(minutes=1)
    assert judge(503, retry_after="60").retry_at == NOW + timedelta(minutes=1)
    assert judge(429).retry_at is None
    assert judge(404, retry_after="60").retry_at is None


@given(st.text(max_size=40) | st.datetimes().map(str), st.text(max_size=40) | st.just(DATE))
def test_any_header_is_read_within_a_day_or_not_at_all(value: str, date: str) -> None:
    wait = read_retry_after({"retry-after": value, "date": date}, NOW)
    assert wait is None or timedelta() <= wait <= timedelta(hours=24)
