"""Test hostile texts in every field: pages, programs and emails must show them as text."""

from collections import defaultdict
from datetime import datetime, timedelta
from email import message_from_bytes
from html.parser import HTMLParser

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from events.models import Event
from notifications.mail.messages import compose_notification_mail
from notifications.models import NoticeMail, Notification
from tests.attacks.conftest import Stage
from tests.attacks.payloads import ADDRESSES, LINES, LONG, MARKUP, PAYLOADS
from tests.conftest import PASSWORD
from tests.makers import MakeEvent
from tests.pages import Response

pytestmark = pytest.mark.django_db

URL_ATTRIBUTES = {"href", "src", "action", "formaction", "data", "srcdoc", "xlink:href", "poster", "background"}
FOREIGN_ELEMENTS = {"iframe", "object", "embed", "base", "style", "math", "applet", "frame", "frameset", "animate"}
POSTED = {"start_date": "2030-05-01", "start_time": "10:00", "time_zone": "UTC", "state": "public"}


class Page(HTMLParser):
    """Collects what a browser would execute: `scripts` by source and type, and `attacks`; and `metas` by property."""

    def __init__(self, response: HttpResponse | Response) -> None:
        super().__init__()
        self.scripts: set[tuple[str | None, str | None]] = set()
        self.attacks: list[str] = []
        self.metas: dict[str, list[str | None]] = defaultdict(list)
        self.feed(response.content.decode())
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if tag == "script":
            self.scripts.add((named.get("src"), named.get("type")))
        if tag == "meta":
            self.metas[named.get("property") or named.get("name") or ""].append(named.get("content"))
        if tag in FOREIGN_ELEMENTS or (tag == "meta" and "http-equiv" in named):
            self.attacks.append(tag)
        for name, value in attributes:
            scheme = "".join((value or "").split()).partition(":")[0].lower()
            is_bad_url = name in URL_ATTRIBUTES and scheme in {"javascript", "vbscript", "data"}
            if name.startswith("on") or name == "style" or is_bad_url:
                self.attacks.append(f"{tag} {name}={value}")


def attacks_in(response: HttpResponse | Response) -> list[str]:
    """Return what a page would execute that isn't ours: scripts without our `src` that aren't JSON, and handlers."""
    assert response.status_code < 500
    assert not {"X-Injected", "Bcc"} & set(response.headers)
    page = Page(response)
    ours = {
        (src, kind) for src, kind in page.scripts if (src or "").startswith("/static/") or kind == "application/json"
    }
    return page.attacks + [f"script {each}" for each in page.scripts - ours]


def test_attacks_are_seen() -> None:
    """The check itself works: without escaping it would find every attack."""
    unescaped = [payload for payload in PAYLOADS if attacks_in(HttpResponse(f"<p>{payload}".encode(errors="replace")))]

    assert len(unescaped) >= 35


def test_events_show_hostile_texts_as_text(stage: Stage) -> None:
    organiser, reader = stage.clients["organiser"], stage.clients["subscriber"]
    ordinary = set(Page(reader.get(f"/events/{stage.events['public'].pk}/")).metas)
    found = []
    for payload in PAYLOADS:
        texts = {name: payload.encode(errors="replace").decode() for name in ("headline", "location", "description")}
        response = organiser.post("/events/new/", POSTED | texts)
        pages = [response] if response.status_code == 200 else []
        if response.status_code == 302:
            url = response["Location"]
            pages += [reader.get(url), organiser.get(f"{url}edit/")]
            metas, event = Page(pages[0]).metas, Event.objects.latest("pk")
            # Metadata for programs that show shared links.
            if set(metas) != ordinary or metas["og:title"] != [event.headline]:
                found.append((payload[:60], str(dict(metas))))
        found += [(payload[:60], attack) for page in pages for attack in attacks_in(page)]
    lists = ["/", "/?q=script", "/?page=2", "/events/mine/", "/events/mine/?page=2", "/people/organiser/"]
    found += [(path, attack) for path in lists for attack in attacks_in(organiser.get(path))]

    assert found == []
    assert Event.objects.count() >= 60


def test_pages_show_hostile_query_strings_as_text(stage: Stage) -> None:
    found = []
    for payload in [*MARKUP, *ADDRESSES, *LINES]:
        query = {"q": payload}
        query |= dict.fromkeys(("next", "invite", "page", "when"), query["q"])
        for path in ("/", "/accounts/login/", f"/events/{stage.events['public'].pk}/", "/nowhere/"):
            found += [
                (path, payload[:60], attack) for attack in attacks_in(stage.clients["anonymous"].get(path, query))
            ]

    assert found == []


def test_organisers_write_hostile_messages_as_text(stage: Stage) -> None:
    client, event = stage.clients["organiser"], stage.events["public"]
    pages = []
    for payload in PAYLOADS:
        text = payload.encode(errors="replace").decode()
        pages.append(client.post(f"/events/{event.pk}/announce/", {"message": text}))
        if pages[-1].status_code == 302:
            event.announcements.all().delete()  # so that the limit of messages is not reached

    assert 302 in {page.status_code for page in pages}
    assert [attack for page in pages if page.status_code == 200 for attack in attacks_in(page)] == []


@pytest.fixture
def mail(subscriber: User, at: datetime) -> NoticeMail:
    """Return an email that the subscriber is owed; the test chooses its notifications."""
    subscriber.email_verified_at = at
    subscriber.save()
    return NoticeMail.objects.create(recipient=subscriber, created_at=at)


KINDS = [kind for kind in Notification.Kind if kind != Notification.Kind.REMINDER]


def notification_of(recipient: User, text: str, *, at: datetime, number: int) -> Notification:
    """Return a notification that contains the text wherever its kind has one; each number has another kind."""
    title = " ".join(text.split())
    facts = {"starts_at": at.isoformat(), "ends_at": None, "location": title[:255]}
    moved = facts | {"starts_at": (at + timedelta(hours=1)).isoformat(), "location": f"not {title[:250]}"}
    return Notification(
        recipient=recipient,
        kind=KINDS[number % len(KINDS)],
        headline=title[:200],
        location=title[:255],
        detail={"before": facts, "after": moved, "text": text[:2_000]},
        starts_at=at,
        time_zone="UTC",
        source=f"announcement:{number}",
        created_at=at,
    )


def test_inbox_and_bell_show_hostile_notifications_as_text(stage: Stage, subscriber: User, at: datetime) -> None:
    client = stage.clients["subscriber"]
    found = []
    for number, payload in enumerate(PAYLOADS):
        text = payload.replace("\0", "").encode(errors="replace").decode()
        notification_of(subscriber, text, at=at, number=number).save()
        if number % 10 == 9 or payload is PAYLOADS[-1]:
            pages = [client.get("/notifications/"), client.get("/notifications/latest/")]
            found += [attack for page in pages for attack in attacks_in(page)]

    assert found == []


def test_mails_keep_hostile_headlines_out_of_their_header(
    mail: NoticeMail, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event()
    allowed, found = None, []
    for number, payload in enumerate(["Concert", *PAYLOADS]):
        text = payload.replace("\0", "").encode(errors="replace").decode()
        row = notification_of(mail.recipient, text, at=at, number=number)
        row.event, row.mail = event, mail
        row.save()
        message = compose_notification_mail(mail, at=timezone.now())
        assert message
        raw = message_from_bytes(message.message().as_bytes())
        names = sorted(raw.keys())
        allowed = allowed or names
        html = next(part for part in raw.walk() if part.get_content_type() == "text/html").get_payload(decode=True)
        page = Page(HttpResponse(html))
        bad = [each for each in page.attacks if " style=" not in each]
        if names != allowed or bad or page.scripts:
            found.append((payload[:60], names, bad, page.scripts))
        row.delete()

    assert found == []


def test_people_have_no_hostile_names(client: Client, db: None) -> None:
    for payload in PAYLOADS:
        for name in ("username", "email"):
            given = {"username": "someone", "email": "someone@example.org", "password": PASSWORD} | {name: payload}
            response = client.post("/api/v1/auth/signup/", given, content_type="application/json")
            refused = 400 if len(payload) < LONG else 413
            assert (name, payload[:60], response.status_code) == (name, payload[:60], refused)

    assert User.objects.count() == 0
