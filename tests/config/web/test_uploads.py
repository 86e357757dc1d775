"""Test which requests may contain files: only those of the page that asks for them."""

from contextlib import closing
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts.models import User
from config.web.uploads import FORM_BYTES, accepts_file
from events.models import Event

MEGABYTE = 2**20
FORM = {"headline": "Concert", "start_date": "2030-05-01", "start_time": "10:00", "time_zone": "Europe/Rome"}


def file_of(size: int) -> SimpleUploadedFile:
    return SimpleUploadedFile("notes.txt", b"x" * size)


def test_file_that_no_form_asks_for_is_ignored(organiser_client: Client) -> None:
    response = organiser_client.post("/events/new/", {**FORM, "state": "draft", "extra": file_of(1_000)})

    assert response.status_code == 302
    assert Event.objects.get().headline == "Concert"


@pytest.mark.parametrize("path", ["/accounts/login/", "/events/new/", "/admin/login/"])
def test_large_file_is_refused_where_no_form_asks_for_it(organiser_client: Client, path: str) -> None:
    response = organiser_client.post(path, {**FORM, "extra": file_of(MEGABYTE)})

    assert response.status_code == 400
    assert not Event.objects.exists()


def test_large_file_is_refused_before_its_csrf_token_is_looked_for(organiser: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(organiser)
    strict.cookies["csrftoken"] = "x" * 32

    assert strict.post("/events/new/", {"extra": file_of(MEGABYTE)}).status_code == 400
    assert strict.post("/events/new/", {"extra": file_of(1_000)}).status_code == 403


def posted(body: dict[str, Any], **headers: Any) -> Any:
    return RequestFactory().post("/", body, **headers)


@pytest.mark.parametrize(("beyond", "accepted"), [(0, True), (1, False)])
def test_body_may_be_as_long_as_a_file_and_its_form(beyond: int, accepted: bool) -> None:
    request = posted({}, CONTENT_LENGTH=str(1_000 + FORM_BYTES + beyond))

    assert accepts_file(request, max_bytes=1_000) is accepted


@pytest.mark.parametrize("length", ["", "many"])
def test_body_of_unknown_length_is_read_as_empty(length: str) -> None:
    request = posted({"file": file_of(10)}, CONTENT_LENGTH=length)

    assert accepts_file(request, max_bytes=1_000)
    assert (dict(request.POST), dict(request.FILES)) == ({}, {})


def test_larger_files_go_to_the_disk(settings: Settings) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000
    request = posted({"file": file_of(2_000)})

    assert accepts_file(request, max_bytes=MEGABYTE)
    with closing(request.FILES["file"]) as file:
        assert isinstance(file, TemporaryUploadedFile)
        assert file.read() == b"x" * 2_000


def test_second_file_of_a_body_is_refused(organiser_client: Client) -> None:
    response = organiser_client.post("/events/import/", {"file": file_of(10), "other": file_of(10)})

    assert response.status_code == 400
