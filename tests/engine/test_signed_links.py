"""Tokens of links: what was signed is read, and nothing else."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from hmac import new as hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from engine.database import reading, recording, writing
from engine.deliveries import Delivery, Purpose
from engine.errors import BadLink, LinkExpired
from engine.instants import end_of, local_day
from engine.server_secret import Secret, known_secret, secret_of
from engine.signed_links import LENGTH, check, delivery_of, link_to, longest_link, sign
from tests.builders import build_agency, build_rule, instant, memory
from tests.databases import postgresql

NOW = instant("2026-09-22T09:00")
UNTIL = NOW + timedelta(days=14)
SECRET, OTHER = b"s" * 32, b"o" * 32
GOOD = sign(SECRET, 17, UNTIL)


def test_a_token_is_short_and_says_which_delivery() -> None:
    assert len(GOOD) == LENGTH == 32
    assert check(SECRET, GOOD, NOW) == 17
    assert len(longest_link("http://10.0.0.8:8000/")) == len(f"http://10.0.0.8:8000/m/{GOOD}")


def test_it_ends_to_the_second() -> None:
    assert check(SECRET, GOOD, UNTIL - timedelta(seconds=1)) == 17
    with pytest.raises(LinkExpired):
        check(SECRET, GOOD, UNTIL)


def _with(token: str, place: int, value: int) -> str:
    raw = bytearray(urlsafe_b64decode(token))
    raw[place] = value
    return urlsafe_b64encode(bytes(raw)).decode()


UNSIGNED = urlsafe_b64decode(GOOD)[:10]
FORGED = {
    "empty": "",
    "truncated": GOOD[:-1],
    "truncated by a whole group": GOOD[:-4],
    "the payload alone": urlsafe_b64encode(UNSIGNED).decode().rstrip("="),
    "longer": GOOD + "A",
    "padded": GOOD + "=",
    "a line more": GOOD + "\n",
    "another delivery": _with(GOOD, 5, 18),
    "a later end": _with(GOOD, 6, 0xFF),
    "another signature": _with(GOOD, 22, urlsafe_b64decode(GOOD)[22] ^ 1),
    "no signature": urlsafe_b64encode(UNSIGNED + bytes(14)).decode(),
    "another last sign": _with(GOOD, 23, 1),
    "under another secret": sign(OTHER, 17, UNTIL),
    "without its purpose": urlsafe_b64encode(
        UNSIGNED + hmac(SECRET, UNSIGNED, sha256).digest()[:13] + bytes(1)
    ).decode(),
    "not base64": "期" * LENGTH,
    "the other alphabet": "+/" * (LENGTH // 2),
    "full-width": "Ａ" * LENGTH,
    "swapped case": GOOD.swapcase(),
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_what_was_not_signed_is_refused(token: str) -> None:
    with pytest.raises(BadLink):
        check(SECRET, token, NOW)
    with pytest.raises(BadLink):  # an old forgery is no more than a forgery
        check(SECRET, token, UNTIL + timedelta(days=999))


@given(place=st.integers(0, 191))
def test_no_bit_may_be_another(place: int) -> None:
    raw = int.from_bytes(urlsafe_b64decode(GOOD), "big") ^ (1 << place)
    with pytest.raises(BadLink):
        check(SECRET, urlsafe_b64encode(raw.to_bytes(24, "big")).decode(), NOW)


@given(id_=st.integers(0, 2**48 - 1), days=st.integers(0, 20_000))
def test_every_id_comes_back(id_: int, days: int) -> None:
    until = NOW + timedelta(days=days, seconds=1)
    token = sign(SECRET, id_, until)
    assert check(SECRET, token, NOW) == id_
    assert token[-1].isalnum()


def reminder(**more: object) -> Delivery:
    known = {
        "id": 3,
        "message_id": "m",
        "channel": "box",
        "recipient": "finance",
        "to": "",
        "mentions": "",
    }
    known |= {"planned_at": NOW, "next_at": NOW, "part": 1, "parts": 1, "urgent": False}
    return Delivery(**{**known, **more})


@pytest.mark.usefixtures("both_databases")
def test_a_link_is_good_to_the_end_of_the_fourteenth_day_and_the_same_all_day() -> None:
    agency = build_agency([build_rule()], public_url="https://qixian.agency.gov.cn/desk")
    with memory() as db:
        with writing(db) as session:
            link = link_to(session, agency, reminder(), NOW)
            assert link == link_to(session, agency, reminder(), NOW + timedelta(hours=8))
        door, token = link.rsplit("/", 1)
        assert door == "https://qixian.agency.gov.cn/desk/m"
        with reading(db) as session:
            last = end_of(local_day(NOW) + timedelta(days=14))
            assert delivery_of(session, token, last - timedelta(seconds=1)) == 3
            with pytest.raises(LinkExpired):
                delivery_of(session, token, last)


@pytest.mark.usefixtures("both_databases")
def test_without_a_public_address_and_to_the_administrator_there_is_none() -> None:
    silent = build_agency([build_rule()])
    agency = build_agency([build_rule()], public_url="http://10.0.0.8/")
    with memory() as db, writing(db) as session:
        assert link_to(session, silent, reminder(), NOW) == ""
        assert link_to(session, agency, reminder(purpose=Purpose.SYSTEM), NOW) == ""
        assert known_secret(session, "links") is None
        with pytest.raises(BadLink):
            delivery_of(session, GOOD, NOW)


@pytest.mark.usefixtures("both_databases")
def test_the_secret_is_made_once_and_not_shown() -> None:
    with memory() as db:
        with writing(db) as session:
            first = secret_of(session, "links", NOW)
            assert secret_of(session, "codes", NOW) != first
        with writing(db) as session:
            assert secret_of(session, "links", NOW + timedelta(days=1)) == first
            row = session.get_one(Secret, "links")
            assert len(first) == 32
            assert row.value not in repr(row)
            assert re.fullmatch(r"[0-9a-f]{64}", row.value)


def test_of_two_workers_the_first_makes_the_secret() -> None:
    """On PostgreSQL they claim side by side; the second waits for the row of the first."""

    def second(db: Engine) -> bytes:
        with recording(db) as session:
            return secret_of(session, "links", NOW)

    with postgresql() as db, ThreadPoolExecutor(1) as threads:
        with recording(db) as session:
            first = secret_of(session, "links", NOW)
            waiting = threads.submit(second, db)
        assert waiting.result(30) == first
