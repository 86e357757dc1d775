"""Test which answers nginx keeps for a second, and whom it gives them, before a server that says what it was sent."""

import json
import re
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import hypothesis
import pytest
from django.conf import settings
from django.test import RequestFactory
from django.utils.translation import get_language_from_request
from hypothesis import strategies as st

from tests.front import Front, next_second, running_front, server_at
from tools.stage.nginx import DEPLOY, NGINX

needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
CONFIGURATIONS = ["nginx.conf", "nginx-tls.conf"]
_numbers = count()

Answer = tuple[int, dict[str, str], bytes]


class Web(BaseHTTPRequestHandler):
    """Answers each request with what it was sent and a number, and says that the answer may be kept.

    The parameters of the URL ask for another answer: `status`, `expires` and `cookie`.
    """

    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        asked = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        number = next(_numbers)
        body = json.dumps({"number": number, "path": self.path, "headers": self.headers.items()}).encode()
        self.send_response(int(asked.get("status", "200")))
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-cache",
            "Vary": "Accept, Accept-Encoding, Accept-Language, Authorization, Cookie, origin",
            "ETag": f'"{number}"',
            "X-Request-ID": self.headers["X-Request-ID"],
            "X-Accel-Expires": asked.get("expires", "1"),
            "Set-Cookie": asked.get("cookie", ""),
        }.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_PUT = do_OPTIONS = do_GET  # noqa: N815 - the base class wants these names

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def web() -> Iterator[ThreadingHTTPServer]:
    with server_at("127.0.0.1", handler=Web) as server:
        yield server


@pytest.fixture(scope="module")
def front(web: ThreadingHTTPServer) -> Iterator[Front]:
    with running_front(web.server_port, web.server_port) as running:
        yield running


def ask(front: Front, path: str, *headers: tuple[str, str], method: str = "GET") -> Answer:
    """Send a request with these headers, each as often as it is listed."""
    client = HTTPConnection("127.0.0.1", front.port)
    client.putrequest(method, path, skip_host=any(name == "Host" for name, _ in headers), skip_accept_encoding=True)
    for name, value in headers:
        client.putheader(name, value)
    client.endheaders()
    response = client.getresponse()
    answer = response.status, dict(response.headers), response.read()
    client.close()
    return answer


def in_one_second(asking: Callable[[str], list[Answer]]) -> list[Answer]:
    """Return the answers to requests for a new URL that all arrive in the same second."""
    while True:
        second = int(time.time())
        answers = asking(f"u{next(_numbers)}=1")
        if int(time.time()) == second:
            return answers


def both(front: Front, path: str, one: list[tuple[str, str]], other: list[tuple[str, str]]) -> bool:
    """Whether the second of two requests with these headers gets the answer of the first, and the first one again."""
    first, second, third = in_one_second(
        lambda new: [ask(front, f"{path}?{new}", *headers) for headers in (one, other, one)]
    )
    assert third[2] == first[2]
    return first[2] == second[2]


PLAIN = [("Host", "a.example")]
PATHS = ["/events/1/", "/api/v1/events/1/"]


@needs_nginx
@pytest.mark.live
class TestKept:
    """Requests that differ in nothing that an answer depends on."""

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize(
        "other",
        [
            [],
            [("User-Agent", "another")],
            [("X-Forwarded-For", "6.6.6.6")],
            [("X-Forwarded-Host", "evil.example"), ("X-Host", "evil.example"), ("Forwarded", "host=evil.example")],
            [("X-Forwarded-Proto", "https")],
            [("X-Request-ID", "mine")],
            [("Cache-Control", "no-cache"), ("Pragma", "no-cache")],
            [("Accept", "*/*")],
            [("Accept-Encoding", "br")],
            [("Cookie", "")],
        ],
        ids=str,
    )
    def test_answer_is_given_to_the_next_who_asks_within_the_second(
        self, front: Front, path: str, other: list[tuple[str, str]]
    ) -> None:
        assert both(front, path, PLAIN, [*PLAIN, *other])

    def test_second_request_gets_the_headers_of_the_answer_and_its_own_id(self, front: Front) -> None:
        one, other = in_one_second(lambda new: [ask(front, f"/?{new}", *PLAIN) for _ in range(2)])

        assert one[2] == other[2]
        assert one[1]["X-Request-ID"] != other[1]["X-Request-ID"]
        assert re.fullmatch("[0-9a-f]{32}", other[1]["X-Request-ID"])
        ignored = {"X-Request-ID", "Date"}
        assert {name: one[1][name] for name in one[1].keys() - ignored} == {
            name: other[1][name] for name in other[1].keys() - ignored
        }
        assert other[1]["Cache-Control"] == "no-cache"
        assert "X-Accel-Expires" not in {**one[1], **other[1]}

    def test_access_log_says_which_requests_web_did_not_get(self, front: Front) -> None:
        in_one_second(lambda new: [ask(front, f"/logged/{new}/", *PLAIN) for _ in range(2)])

        def statuses() -> list[str]:
            lines = (front.folder / "access.log").read_text().splitlines()
            return [line.split()[-1] for line in lines if "/logged/" in line]

        while len(statuses()) < 2:
            time.sleep(0.01)
        assert statuses()[-2:] == ["MISS", "HIT"]

    @pytest.mark.parametrize("methods", [("GET", "HEAD"), ("HEAD", "GET")])
    def test_head_and_get_share_an_answer_but_not_its_body(self, front: Front, methods: tuple[str, str]) -> None:
        answers = dict(
            zip(
                methods,
                in_one_second(lambda new: [ask(front, f"/?{new}", *PLAIN, method=method) for method in methods]),
                strict=True,
            )
        )

        assert answers["HEAD"][2] == b""
        assert len(answers["GET"][2]) == int(answers["GET"][1]["Content-Length"])
        assert answers["HEAD"][1]["ETag"] == answers["GET"][1]["ETag"]

    def test_client_that_has_the_answer_already_gets_304(self, front: Front) -> None:
        def asking(new: str) -> list[Answer]:
            first = ask(front, f"/api/v1/events/?{new}", *PLAIN)
            return [first, ask(front, f"/api/v1/events/?{new}", *PLAIN, ("If-None-Match", first[1]["ETag"]))]

        first, second = in_one_second(asking)

        assert (first[0], second[0], second[2]) == (200, 304, b"")

    def test_answer_is_gone_after_the_second(self, front: Front) -> None:
        path = f"/?u{next(_numbers)}=1"
        one = ask(front, path, *PLAIN)
        next_second()
        other = ask(front, path, *PLAIN)

        assert one[2] != other[2]


@needs_nginx
@pytest.mark.live
class TestKeptApart:
    """Requests with something that an answer may depend on."""

    @pytest.mark.parametrize(
        ("path", "one", "other"),
        [
            ("/", [("Host", "a.example")], [("Host", "b.example")]),
            ("/", [("Host", "a.example")], [("Host", "a.example:8000")]),
            ("/", [("Accept-Language", "de")], [("Accept-Language", "en")]),
            ("/", [("Accept-Language", "de-AT,de;q=0.9,en;q=0.5")], [("Accept-Language", "en-US,en;q=0.5")]),
            ("/", [], [("Accept-Language", "de")]),
            ("/", [("Accept-Encoding", "gzip, br")], []),
            ("/api/v1/events/", [("Accept", "text/html")], [("Accept", "application/json")]),
            ("/api/v1/events/", [("Accept", "application/json")], []),
        ],
        ids=str,
    )
    def test_requests_get_answers_of_their_own(
        self, front: Front, path: str, one: list[tuple[str, str]], other: list[tuple[str, str]]
    ) -> None:
        assert not both_apart(front, path, one, other)

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize(
        "header",
        [
            ("Cookie", "sessionid=x"),
            ("Cookie", "language=de"),
            ("Cookie", "=odd"),
            ("Cookie", "a"),
            ("cookie", "$Version=1; a=b"),
            ("Authorization", "Bearer x"),
            ("Origin", "https://other.example"),
            ("Range", "bytes=0-3"),
            ("Upgrade", "websocket"),
            ("Content-Length", "0"),
            ("Accept-Language", "fr, de;q=0.3"),
            ("Accept-Language", "de;q=0.5, en"),
        ],
        ids=str,
    )
    def test_request_with_anything_of_its_own_is_answered_by_web(
        self, front: Front, path: str, header: tuple[str, str]
    ) -> None:
        answers = in_one_second(
            lambda new: [
                ask(front, f"{path}?{new}", *headers) for headers in (PLAIN, [*PLAIN, header], [*PLAIN, header], PLAIN)
            ]
        )

        first, own, again, last = (body for _, _, body in answers)
        assert len({first, own, again}) == 3
        assert last == first

    @pytest.mark.parametrize("cookies", [("", "sessionid=x"), ("sessionid=x", "")], ids=str)
    def test_second_cookie_header_counts_like_the_first(self, front: Front, cookies: tuple[str, str]) -> None:
        own = [*PLAIN, *(("Cookie", cookie) for cookie in cookies)]
        first, second = in_one_second(lambda new: [ask(front, f"/?{new}", *headers) for headers in (PLAIN, own)])

        assert first[2] != second[2]

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("name", ["invite=hush", "INVITE=hush", "x=1&invite=hush"])
    def test_answer_to_an_invite_is_not_kept(self, front: Front, path: str, name: str) -> None:
        one, other = in_one_second(lambda new: [ask(front, f"{path}?{new}&{name}", *PLAIN) for _ in range(2)])

        assert one[2] != other[2]

    @pytest.mark.parametrize(
        "path", ["/accounts/password-reset/abc/", "/notifications/unsubscribe/abc/", "/feeds/abc.ics"]
    )
    def test_link_with_a_token_passes_by_the_cache(self, front: Front, path: str) -> None:
        """If there were no room for it, nginx would log its URL."""
        one, other = in_one_second(lambda new: [ask(front, f"{path}?{new}", *PLAIN) for _ in range(2)])

        assert one[2] != other[2]

    @pytest.mark.parametrize("path", ["/events.ics", "/people/olivia/events.ics"])
    def test_program_that_has_a_calendar_feed_asks_web_whether_it_is_current(self, front: Front, path: str) -> None:
        version = ("If-None-Match", '"1"')
        first, again, asked = in_one_second(
            lambda new: [ask(front, f"{path}?{new}", *headers) for headers in (PLAIN, PLAIN, [*PLAIN, version])]
        )

        assert first[2] == again[2] != asked[2]
        assert version in [*map(tuple, json.loads(asked[2])["headers"])]

    @pytest.mark.parametrize("query", ["a=1&b=2", "b=2&a=1", "a=%31&b=2", "a=1&b=2&", "a=1&b=2;c"])
    def test_address_is_compared_as_it_was_sent(self, front: Front, query: str) -> None:
        def asking(new: str) -> list[Answer]:
            return [ask(front, f"/events/1/?{new}&{each}", *PLAIN) for each in ("a=1&b=2&c=3", query)]

        one, other = in_one_second(asking)

        assert one[2] != other[2]

    @pytest.mark.parametrize(
        "path", ["/events/%31/", "//events/1/", "/x/../events/1/", "/events/1/%3Fa=1", "/EVENTS/1/"]
    )
    def test_path_is_compared_as_it_was_sent(self, front: Front, path: str) -> None:
        one, other = in_one_second(lambda new: [ask(front, f"{each}?{new}", *PLAIN) for each in ("/events/1/", path)])

        assert one[2] != other[2]

    def test_host_is_that_of_the_header_even_if_the_request_line_names_another(self, front: Front) -> None:
        targets = ["http://evil.example/", "/"]
        one, other = in_one_second(lambda new: [ask(front, f"{target}?{new}", *PLAIN) for target in targets])

        assert dict(json.loads(one[2])["headers"])["Host"] == "a.example"
        assert one[2] == other[2]

    @pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS"])
    def test_write_is_never_answered_from_what_was_kept(self, front: Front, method: str) -> None:
        answers = in_one_second(
            lambda new: [ask(front, f"/?{new}", *PLAIN, method=each) for each in ("GET", method, method, "GET")]
        )

        first, write, again, last = (body for _, _, body in answers)
        assert len({first, write, again}) == 3
        assert last == first

    @pytest.mark.parametrize(
        "asked",
        [*(f"status={status}" for status in (404, 403, 410, 429, 500, 503)), "expires=0", "expires=", "cookie=a%3Db"],
    )
    def test_answer_that_web_does_not_share_is_not_kept(self, front: Front, asked: str) -> None:
        # web sets the header on answers with 200 alone, so it is left out here where there is another status.
        unshared = f"{asked}&expires=" if "status" in asked else asked
        one, other = in_one_second(lambda new: [ask(front, f"/?{new}&{unshared}", *PLAIN) for _ in range(2)])

        assert one[2] != other[2]

    @pytest.mark.parametrize("name", ["Accept", "Accept-Encoding", "Accept-Language", "Origin"])
    def test_web_gets_each_header_of_the_key_as_nginx_has_read_it(self, front: Front, name: str) -> None:
        """nginx 1.22 reads the first of two only, so that web must not get the other one."""
        _, _, body = ask(front, "/", *PLAIN, (name, "de"), (name, "gzip"))

        values = [value for each, value in json.loads(body)["headers"] if each == name]
        assert values in (["de"], ["de, gzip"])


def both_apart(front: Front, path: str, one: list[tuple[str, str]], other: list[tuple[str, str]]) -> bool:
    """Whether two requests share an answer; hosts are added where they are not the difference."""
    headers = [each if any(name == "Host" for name, _ in each) else [*PLAIN, *each] for each in (one, other)]
    first, second, third, fourth = in_one_second(
        lambda new: [ask(front, f"{path}?{new}", *each) for each in (*headers, *headers)]
    )
    if ("Accept", "text/html") not in one:
        assert third[2] == first[2]
    assert fourth[2] == second[2]
    return first[2] == second[2]


@needs_nginx
@pytest.mark.live
def test_nothing_that_was_kept_is_served_while_web_is_away() -> None:
    with server_at("127.0.0.1", handler=Web) as server, running_front(server.server_port, server.server_port) as front:
        before = ask(front, "/events/1/", *PLAIN)
        server.shutdown()
        server.server_close()
        next_second()
        page, api = (ask(front, path, *PLAIN) for path in PATHS)

    assert (before[0], page[0], api[0]) == (200, 502, 503)


@needs_nginx
@pytest.mark.live
def test_requests_at_once_get_only_what_is_theirs(front: Front) -> None:
    """Two users and many strangers ask for the same URL at the same time."""
    found: dict[str, list[Any]] = {"user1": [], "user2": [], "": []}

    def many(name: str) -> None:
        headers = [("Cookie", f"sessionid={name}")] if name else []
        for _ in range(100):
            found[name].append(json.loads(ask(front, "/events/7/", *PLAIN, *headers)[2]))

    threads = [Thread(target=many, args=[name]) for name in (*found, "")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    cookies = {name: {dict(each["headers"]).get("Cookie") for each in answers} for name, answers in found.items()}
    assert cookies == {"user1": {"sessionid=user1"}, "user2": {"sessionid=user2"}, "": {None}}
    assert len({each["number"] for each in found["user1"] + found["user2"]}) == 200
    assert len({each["number"] for each in found[""]}) < 200


# The map of languages


def language_maps(name: str) -> list[tuple[re.Pattern[str], str]]:
    """Return the patterns of $answer_language in a configuration, with their languages."""
    text = (DEPLOY / name).read_text()
    [block] = re.findall(r"map \$http_accept_language \$answer_language \{(.*?)\n    \}", text, re.DOTALL)
    return [(re.compile(pattern, re.IGNORECASE), code) for pattern, code in re.findall(r'"~\*(\S.*)" (\w+);', block)]


ranges = st.sampled_from(
    ["de", "en", "de-AT", "en-US", "DE", "fr", "gsw-CH", "zh-Hant-TW", "*", "de_AT", "x", "a-b-c-d"]
)
weights = st.sampled_from(["", ";q=1", ";q=0.9", "; q=0.8", ";q=0.123", ";q=0", ";q=2", ";q=0.1234", ";q"])
separators = st.sampled_from([",", ", ", " ,", ",,", ";", "  "])
headers_of_languages = st.lists(st.tuples(ranges, weights, separators), max_size=40).map(
    lambda parts: "".join(f"{language}{weight}{separator}" for language, weight, separator in parts).rstrip(", ")
)


@pytest.mark.parametrize("name", CONFIGURATIONS)
@hypothesis.settings(deadline=None)
@hypothesis.given(header=headers_of_languages)
def test_language_of_the_key_is_the_one_in_which_web_answers(name: str, header: str) -> None:
    request = RequestFactory().get("/", headers={"Accept-Language": header})

    mapped = [code for pattern, code in language_maps(name) if pattern.fullmatch(header)]

    assert mapped in ([], [get_language_from_request(request)])


@pytest.mark.parametrize("name", CONFIGURATIONS)
@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("de,en-US;q=0.7,en;q=0.3", "de"),
        ("en-US,en;q=0.5", "en"),
        ("en-GB,en-US;q=0.9,en;q=0.8,de;q=0.7", "en"),
        ("en-US, en;q=0.9, *;q=0.1", "en"),
    ],
)
def test_headers_of_usual_browsers_have_a_language_in_the_key(name: str, header: str, language: str) -> None:
    assert [code for pattern, code in language_maps(name) if pattern.fullmatch(header)] == [language]


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_each_language_of_the_site_is_in_the_map(name: str) -> None:
    assert sorted(code for _, code in language_maps(name)) == sorted(code for code, _ in settings.LANGUAGES)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_size_of_what_is_kept_is_looked_at_in_each_second(name: str) -> None:
    """nginx does so when an answer is to be deleted. It would take a test ten seconds to see that."""
    assert " inactive=1s max_size=64m " in (DEPLOY / name).read_text()


def test_both_configurations_keep_the_same() -> None:
    """They differ in how they know the scheme."""
    blocks = []
    for name in CONFIGURATIONS:
        text = (DEPLOY / name).read_text().replace('"$outer_scheme ', '"SCHEME ').replace('"https ', '"SCHEME ')
        start, end = text.index("    # Keep answers that are"), text.index("$upstream_http_x_request_id;\n    }")
        blocks.append(text[start:end])

    assert blocks[0] == blocks[1]
