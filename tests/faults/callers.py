"""Provide programs that use a deployment's API and rely on its answers."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from tests.faults.stage import PASSWORD

TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def send(url: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
    """Send a request on its own connection; every status counts as an answer.

    Raises:
        OSError: there was no answer.
    """
    given = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, given, headers, method=method)  # noqa: S310 - http only
    if given is not None:
        request.add_header("Content-Type", "application/json")
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)  # noqa: S310 - http only
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return Answer(response.status, response.headers.get_content_type(), response.read())


class Caller:
    """Somebody who has logged in over the API; the token is valid for five minutes. All requests have the headers."""

    def __init__(self, web_url: str, username: str, **headers: str) -> None:
        self._api, self._headers = f"{web_url}/api/v1/", headers
        login = {"email": f"{username}@example.org", "password": PASSWORD}
        access = send(f"{self._api}auth/login/", "POST", login, **headers).json["access"]
        self._headers = {**headers, "Authorization": f"Bearer {access}"}

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        return send(self._api + path, method, body, **self._headers, **headers)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request that must succeed, and return the answer's content."""
        answer = self.send(method, path, body)
        assert answer.status < 300, (method, path, body, answer)
        return answer.json if answer.body else None
