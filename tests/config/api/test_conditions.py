"""Test conditional reads with If-None-Match."""

import pytest

from accounts.models import User
from tests.makers import Api

ME = "/api/v1/users/me/"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("{etag}", 304),
        ("W/{etag}", 304),
        ('"other", {etag}', 304),
        ('"other" ,W/{etag},', 304),
        ("*", 304),
        ('"other"', 200),
        ("{bare}", 200),
        ("rubbish", 200),
        ("", 200),
        ('"*"', 200),
    ],
)
def test_read_compares_the_tags_that_the_caller_has(api: Api, organiser: User, asked: str, status: int) -> None:
    client = api(organiser)
    etag = client.get(ME)["ETag"]

    response = client.get(ME, headers={"if-none-match": asked.format(etag=etag, bare=etag.strip('"'))})

    assert (response.status_code, response["ETag"]) == (status, etag)
    assert response["Cache-Control"] == "no-store"


def test_tag_changes_with_what_is_read_and_with_who_reads(api: Api, organiser: User, stranger: User) -> None:
    client = api(organiser)
    before, others = client.get(ME)["ETag"], api(stranger).get(ME)["ETag"]
    client.patch(ME, {"time_zone": "Europe/Rome"})

    after = client.get(ME)["ETag"]

    assert len({before, after, others}) == 3


def test_writes_and_refusals_have_no_tag_of_their_own(api: Api, organiser: User) -> None:
    answers = [api(organiser).patch(ME, {"time_zone": "UTC"}), api(organiser).get("/api/v1/events/1/"), api().get(ME)]

    assert [(answer.status_code, answer.has_header("ETag")) for answer in answers] == [
        (200, False),
        (404, False),
        (401, False),
    ]


def test_page_of_the_browsable_api_has_no_tag(api: Api, organiser: User) -> None:
    response = api(organiser).get(ME, headers={"accept": "text/html"})

    assert (response.status_code, response.has_header("ETag")) == (200, False)
