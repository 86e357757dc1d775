"""Define the people of the tests about email addresses: `ada`, whose address is verified, and her browser."""

from datetime import datetime

import pytest
from django.test import Client

from accounts.models import AccountMail, User
from accounts.services import register_user
from tests.accounts.addresses import LOGIN, OLD
from tests.conftest import PASSWORD


@pytest.fixture
def ada(at: datetime) -> User:
    user = register_user(username="ada", email=OLD, password=PASSWORD, at=at)
    AccountMail.objects.all().delete()
    User.objects.update(email_verified_at=at)
    user.refresh_from_db()
    return user


@pytest.fixture
def ada_client(ada: User, client: Client) -> Client:
    client.post(LOGIN, {"username": OLD, "password": PASSWORD})
    return client


@pytest.fixture
def unverified_ada(at: datetime) -> User:
    """Return somebody who has just signed up and is owed the email to verify their address."""
    return register_user(username="ada", email=OLD, password=PASSWORD, at=at)
