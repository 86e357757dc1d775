"""Read what a client was answered, as people read it."""

import re
from html import unescape
from typing import Any, Protocol

from django.test import Client

from config.web import fragments


class Response(Protocol):
    """What the clients of Django and of the REST framework return; their stubs give it no public name."""

    status_code: int
    headers: Any
    context: Any

    @property
    def content(self) -> bytes: ...

    def json(self) -> Any: ...

    def get(self, header: str, alternate: Any = None) -> Any: ...

    def has_header(self, header: str) -> bool: ...

    def __getitem__(self, header: str, /) -> str: ...

    def __contains__(self, header: str, /) -> bool: ...


def html_of(client: Client, path: str, data: dict[str, Any] | None = None) -> str:
    """Return the source of a page, and check that the client is shown it."""
    response = client.get(path, data)
    assert response.status_code == 200
    return response.content.decode()


def words(html: str) -> str:
    """Return the text that people read in HTML: without tags, and with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def listed_headlines(client: Client, url: str) -> list[str]:
    """Return the titles of the events that a list of events shows, in its order."""
    return re.findall(r'<h3><a href="/events/\d+/" dir="auto">(.*?)</a>', html_of(client, url))


def main_text(response: Response) -> str:
    """Return the text of a page's main part."""
    [main] = re.findall(r"<main.*?</main>", response.content.decode(), re.DOTALL)
    return words(main)


def messages_of(response: Response) -> list[str]:
    """Return the messages that a page shows above its content, as after a form was sent."""
    return [str(message) for message in response.context["messages"]]


def comparable(html: str) -> str:
    """Return a page without what is different at each request: the CSRF tokens."""
    return re.sub(r'(name="csrfmiddlewaretoken" value=")\w+', r"\1", html)


def anew(client: Client, path: str) -> str:
    """Return a page of which nothing is kept from earlier requests."""
    fragments.kept.cache_clear()
    return comparable(html_of(client, path))
