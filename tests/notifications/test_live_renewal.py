"""Test renewing keys as docs/configuration.md describes: after the restart people notice nothing."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tools.stage.live import Deployment

pytestmark = pytest.mark.live

FORMER = {"SECRET_KEY": "former-pages" * 5, "JWT_SIGNING_KEY": "former-tokens" * 5}
PRESENT = {"SECRET_KEY": "present-pages" * 5, "JWT_SIGNING_KEY": "present-tokens" * 5}
FALLBACKS = {f"{name}_FALLBACKS": key for name, key in FORMER.items()}
NONE = dict.fromkeys(FALLBACKS, "")

SIGN = """
import json
from django.test import Client
from accounts.models import AccountMail, User
from accounts.services import link_token, open_api_session, register_user
from config.database import database_now
from notifications.mail.messages import unsubscribe_token

user = User.objects.filter(username="ada").first() or register_user(
    username="ada", email="ada@example.org", password="x", at=database_now())
client = Client(SERVER_NAME="localhost")
client.force_login(user)
print(json.dumps({
    "session": client.cookies["sessionid"].value,
    "access": open_api_session(user, at=database_now()).access,
    "verify": link_token(AccountMail.objects.get(user=user)),
    "unsubscribe": unsubscribe_token(user),
}))
"""
BELIEVE = """
import json
from django.test import Client
from accounts.exceptions import InvalidLink
from accounts.services import verify_email
from config.database import database_now
from notifications.mail.messages import unsubscribing_user

signed = json.loads({signed!r})

def verified():
    try:
        return verify_email(signed["verify"], at=database_now()).username == "ada"
    except InvalidLink:
        return False

client, program = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
client.cookies["sessionid"] = signed["session"]
me, bearer = "/api/v1/users/me/", "Bearer " + signed["access"]
print(json.dumps({{
    "session": client.get(me).status_code == 200,
    "access": program.get(me, headers={{"authorization": bearer}}).status_code == 200,
    "unsubscribe": unsubscribing_user(signed["unsubscribe"]) is not None,
    "verify": verified(),
}}))
"""
KINDS = ("session", "access", "unsubscribe", "verify")


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    with Deployment(parts=["feed"], **FORMER) as running:
        yield running


def restart(deployment: Deployment, **settings: str) -> None:
    deployment.stop("feed")
    deployment.change(**settings)
    deployment.start("feed")
    deployment.wait_for("feed")


def believed(deployment: Deployment, signed: str) -> dict[str, bool]:
    return dict(json.loads(deployment.shell(BELIEVE.format(signed=signed))))


def opens_socket(deployment: Deployment, access: str) -> bool:
    async def hello() -> Any:
        async with connect(deployment.feed_url, additional_headers={"Authorization": f"Bearer {access}"}) as socket:
            return json.loads(await socket.recv())

    try:
        return bool(asyncio.run(hello())["type"] == "hello")
    except InvalidStatus:
        return False


def test_what_former_keys_signed_is_believed_until_they_are_removed(deployment: Deployment) -> None:
    signed = deployment.shell(SIGN)
    access = json.loads(signed)["access"]

    restart(deployment, **PRESENT, **FALLBACKS)
    with_fallbacks = opens_socket(deployment, access), believed(deployment, signed)
    signed_since = deployment.shell(SIGN)
    restart(deployment, **NONE)
    without = opens_socket(deployment, access), believed(deployment, signed)

    assert with_fallbacks == (True, dict.fromkeys(KINDS, True))
    assert without == (False, dict.fromkeys(KINDS, False))
    # A link that was opened is used up; everything else is signed by the present keys.
    assert believed(deployment, signed_since) == dict.fromkeys(KINDS, True) | {"verify": False}
