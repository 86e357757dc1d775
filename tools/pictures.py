"""Draw the pictures that are committed as PNG: icons, the picture of shared links, and screenshots: `make pictures`.

Chromium draws them from static/img/icon.svg, from the site's own colours and covers, and from the demo.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import django
from playwright.sync_api import Browser, sync_playwright

from tools.stage.chromium import chromium
from tools.stage.live import Deployment
from tools.stage.paths import BASE_DIR

IMAGES = BASE_DIR / "static" / "img"
STYLES = BASE_DIR / "static" / "css" / "base.css"
# Every mask of a maskable icon shows at least a circle with four fifths of its width.
SAFE = 'transform="translate(16 16) scale(.74) translate(-16 -16)"'
CORNERS = 'rx="8" '
DESKTOP, PHONE = (1280, 900), (390, 844)
# Delivers a message and the demo's first reminder early, and prints the subscriber's session and one of their events.
ARRANGE = """
import json
from datetime import timedelta
from django.test import Client
from accounts.models import User
from config.database import database_now
from events.models import Event
from events.services import announce
from notifications.delivery.sweeper import sweep

at = database_now()
subscriber = User.objects.get(username="sam")
event = Event.objects.filter(subscriptions__user=subscriber, location__gt="").order_by("-starts_at").first()
announce(event, actor=event.author, at=at, message="The programme is online. Bring a laptop for the workshops.")
sweep(clock=lambda: at + timedelta(minutes=1))
client = Client(SERVER_NAME="localhost")
client.force_login(subscriber)
print(json.dumps({"session": client.cookies["sessionid"].value, "event": event.pk}))
"""

SHARE = """
<style>{styles}
  html {{ overflow: hidden; }}
  body {{ display: grid; grid-template-columns: 1fr 26.25rem; width: 1200px; height: 630px; background: #0c2a20; }}
  .said {{ display: grid; align-content: center; gap: 2rem; padding-inline-start: 5.5rem; color: #eafff6; }}
  .said svg {{ width: 7.5rem; height: 7.5rem; }}
  .said h1 {{ font-size: 5rem; line-height: 1.05; white-space: nowrap; }}
  .said p {{ font-size: 2.2rem; line-height: 1.35; color: #b6e8d4; }}
</style>
<div class="said">{icon}<h1>Event manager</h1><p>Post events, subscribe,<br>and get reminded on time.</p></div>
{cover}
<style>.cover {{ --hue: 165; }}</style>
"""


def draw(browser: Browser, html: str, size: tuple[int, int], file: Path) -> None:
    width, height = size
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="dark")
    page.set_content(f"<!doctype html>{html}")
    page.screenshot(path=file, omit_background=True)
    page.close()


def draw_icons(browser: Browser, icon: str) -> None:
    """Draw the icon as it is, and filled to its corners for systems that mask it or round the corners themselves."""
    filling = "<style>body { margin: 0 } svg { display: block; width: 100vw; height: 100vh }</style>"
    square = icon.replace(CORNERS, "")
    maskable = re.sub(r"(<rect[^>]*/>)(.*)</svg>", rf"\1<g {SAFE}>\2</g></svg>", square)
    for name, svg, size in (
        ("icon-192", icon, 192),
        ("icon-512", icon, 512),
        ("icon-maskable-512", maskable, 512),
        ("apple-touch-icon", square, 180),
    ):
        draw(browser, filling + svg, (size, size), IMAGES / f"{name}.png")


def draw_share(browser: Browser, icon: str) -> None:
    """Draw the picture that chats show for a link. It must be a PNG, because they accept no SVG."""
    from events.templatetags.covers import pattern  # needs Django set up

    html = SHARE.format(styles=STYLES.read_text(), icon=icon, cover=pattern("share 40", 4, 6))
    draw(browser, html, (1200, 630), IMAGES / "share.png")


def draw_screenshots(browser: Browser) -> None:
    """Draw pages of the demo for the README: home on a desktop, an event and the inbox on the subscriber's phone."""
    with Deployment(("web",)) as deployment:
        deployment.manage("load_demo")
        arranged = json.loads(deployment.shell(ARRANGE))
        cookie = {"name": "sessionid", "value": arranged["session"], "url": deployment.web_url}
        draw_screenshot(browser, deployment.web_url, DESKTOP, "home")
        draw_screenshot(browser, f"{deployment.web_url}/events/{arranged['event']}/", PHONE, "event", cookie)
        draw_screenshot(browser, f"{deployment.web_url}/notifications/", PHONE, "inbox", cookie)


def draw_screenshot(browser: Browser, url: str, size: tuple[int, int], name: str, *cookies: Any) -> None:
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="en-GB", timezone_id="Europe/Rome"
    )
    context.add_cookies(list(cookies))
    page = context.new_page()
    page.goto(url)
    page.screenshot(path=IMAGES / f"screenshot-{name}.png")
    context.close()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    icon = (IMAGES / "icon.svg").read_text()
    with sync_playwright() as playwright, chromium(playwright) as browser:
        draw_icons(browser, icon)
        draw_share(browser, icon)
        draw_screenshots(browser)


if __name__ == "__main__":
    main()
