"""Provide people with a browser, and what they and their organiser do on the server meanwhile."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page

from tools.stage.live import Deployment

PASSWORD = "correct horse battery staple"

# Signs somebody up and logs them in; prints the session key.
LOG_IN = """
from accounts.models import User
from accounts.services import create_user
from django.test import Client

user = User.objects.filter(username={name!r}).first() or create_user(
    username={name!r}, email="{name}@example.org", password={password!r}, time_zone="Europe/Rome"
)
client = Client()
client.force_login(user)
print(client.cookies["sessionid"].value)
"""

# Posts an event that starts in an hour and some seconds, and subscribes `name` an hour ahead; prints its id.
REMIND = """
from datetime import timedelta
from accounts.models import User
from accounts.services import create_user
from config.database import database_now
from events.services import create_event, subscribe

at = database_now()
organiser = User.objects.filter(username="organiser").first() or create_user(
    username="organiser", email="organiser@example.org", password={password!r}
)
for number in range({count}):
    event = create_event(
        actor=organiser, at=at, headline={headline!r}, starts_at=at + timedelta(minutes=60, seconds={seconds} + 1),
        state="public",
    )
    subscribe(event, actor=User.objects.get(username={name!r}), at=at, leads=[60])
print(event.pk)
"""

# Sends a message of its organiser to the subscribers of an event.
ANNOUNCE = """
from config.database import database_now
from events.models import Event
from events.services import announce

event = Event.objects.get(pk={event})
announce(event, actor=event.author, at=database_now(), message={message!r})
"""

# Posts a public event of `name` in two days; prints its id.
POST = """
from datetime import timedelta
from accounts.models import User
from config.database import database_now
from events.services import create_event

at = database_now()
author = User.objects.get(username={name!r})
print(create_event(
    actor=author, at=at, headline={headline!r}, starts_at=at + timedelta(days=2), location="Rome", state="public"
).pk)
"""

# Creates a calendar link for `name`.
CREATE_CALENDAR_LINK = """
from accounts.models import User
from config.database import database_now
from events.services import renew_feed

renew_feed(User.objects.get(username={name!r}), at=database_now())
"""


# Logs everything that the Content-Security-Policy refuses to the page's console, where `Person` reads it.
LOG_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} refuses ${event.blockedURI} ${event.sample} on ${document.URL}`));
"""


class Person:
    """Somebody with a browser profile of their own. `complaints` are the errors that their pages logged, what the
    policy refused them, and whatever they asked of a host that is not the deployment's.
    """

    def __init__(self, name: str, context: BrowserContext, deployment: Deployment) -> None:
        self.name = name
        self.is_member = False
        self.complaints: list[str] = []
        self._forgiven: list[str] = []
        self.context = context
        self._deployment = deployment
        context.add_init_script(LOG_VIOLATIONS)
        context.on("request", lambda request: self._see(request.url))
        context.on("page", lambda page: page.on("websocket", lambda socket: self._see(socket.url)))
        context.on("console", lambda message: self._hear(message.type, message.text))
        context.on("weberror", lambda error: self._hear("error", str(error.error)))

    def open(self, path: str = "/") -> Page:
        """Open a tab."""
        page = self.context.new_page()
        page.goto(self.url_of(path))
        return page

    def url_of(self, path: str) -> str:
        return self._deployment.web_url + path

    def log_in(self) -> None:
        """Get a session without the form."""
        self.is_member = True
        key = self._deployment.shell(LOG_IN.format(name=self.name, password=PASSWORD))
        self.context.add_cookies([{"name": "sessionid", "value": key, "url": self._deployment.web_url}])

    def remind(self, headline: str = "Concert", *, count: int = 1, seconds: int = 0) -> int:
        """Let reminders of this person fall due in so many seconds; return the id of the last event."""
        code = REMIND.format(name=self.name, headline=headline, count=count, seconds=seconds, password=PASSWORD)
        return int(self._deployment.shell(code))

    def announce(self, event: int, message: str) -> None:
        """Let the organiser of an event send its subscribers a message."""
        self._deployment.shell(ANNOUNCE.format(event=event, message=message))

    def post(self, headline: str) -> int:
        """Post a public event for this person; returns its id."""
        return int(self._deployment.shell(POST.format(name=self.name, headline=headline)))

    def create_calendar_link(self) -> None:
        self._deployment.shell(CREATE_CALENDAR_LINK.format(name=self.name))

    def is_shown(self, path: str) -> bool:
        """Return whether a GET shows this person a page, neither a refusal nor a fragment, a file or a redirect."""
        answer = self.context.request.get(self._deployment.web_url + path, max_redirects=0)
        is_html = answer.headers.get("content-type", "").startswith("text/html")
        return answer.status == 200 and is_html and answer.text().startswith("<!DOCTYPE html>")

    def _see(self, url: str) -> None:
        parts = urlsplit(url)
        own = {urlsplit(each).netloc for each in (self._deployment.web_url, self._deployment.feed_url)}
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc not in own:
            self.complaints.append(f"asks {url}")

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error" and not any(re.search(pattern, text) for pattern in self._forgiven):
            self.complaints.append(text)

    def forgive(self, pattern: str) -> None:
        """Ignore the errors that a test provokes, also later ones, because the browser reports them late."""
        self._forgiven.append(pattern)
        self.complaints = [text for text in self.complaints if not re.search(pattern, text)]
