"""Document the endpoints for accounts in the schema: one decorator for each view."""

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_view

from accounts.api.serializers import (
    FeedTicketSerializer,
    LoginSerializer,
    MeSerializer,
    PublicUserSerializer,
    RefreshSerializer,
    SignupSerializer,
    TokenPairSerializer,
)
from accounts.exceptions import EmailTaken, InvalidCredentials, InvalidToken, NotStaff, UsernameTaken
from config.api.schema import refusals


class TokenScheme(SimpleJWTScheme):
    """Give the authentication its name in the schema. drf-spectacular finds this class by itself."""

    target_class = "accounts.callers.TokenAuthentication"
    name = "token"


NO_CONTENT = OpenApiResponse(description="Done.")

_ACCESS = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.access.signature"
_REFRESH = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.refresh.signature"
_PASSWORD = "correct horse battery staple"  # noqa: S105 - an example

ME = OpenApiExample(
    "Me",
    value={
        "id": 7,
        "username": "ada",
        "email": "ada@example.org",
        "pending_email": None,
        "time_zone": "Europe/London",
        "default_leads": [1440, 60],
    },
    response_only=True,
)
TOKENS = OpenApiExample("Tokens", value={"access": _ACCESS, "refresh": _REFRESH}, response_only=True)
REFRESH_TOKEN = OpenApiExample("Refresh token", value={"refresh": _REFRESH}, request_only=True)

signup = extend_schema_view(
    post=extend_schema(
        summary="Sign up",
        description="Creates an account. Log in to get tokens.",
        request=SignupSerializer,
        responses={201: MeSerializer, **refusals(UsernameTaken, EmailTaken)},
        examples=[
            OpenApiExample(
                "Ada",
                value={"username": "ada", "email": "ada@example.org", "password": _PASSWORD},
                request_only=True,
            ),
            ME,
        ],
    )
)

login = extend_schema_view(
    post=extend_schema(
        summary="Log in",
        description="Starts an API session. Access tokens are valid for 5 minutes, refresh tokens for a day.",
        request=LoginSerializer,
        responses={200: TokenPairSerializer, **refusals(InvalidCredentials)},
        examples=[
            OpenApiExample("Ada", value={"email": "ada@example.org", "password": _PASSWORD}, request_only=True),
            TOKENS,
        ],
    )
)

refresh = extend_schema_view(
    post=extend_schema(
        summary="Get new tokens",
        description="Exchanges a refresh token, which can be used only once. Using it again is treated as theft and "
        "ends all of the user’s API sessions.",
        request=RefreshSerializer,
        responses={200: TokenPairSerializer, **refusals(InvalidToken)},
        examples=[REFRESH_TOKEN, TOKENS],
    )
)

logout = extend_schema_view(
    post=extend_schema(
        summary="Log out",
        description="Ends the API session of this refresh token, including its access tokens and feed sockets.",
        request=RefreshSerializer,
        responses={204: NO_CONTENT, **refusals(InvalidToken)},
        examples=[REFRESH_TOKEN],
    )
)

feed_ticket = extend_schema_view(
    post=extend_schema(
        summary="Get a ticket for the feed",
        description="Returns a one-time ticket for the WebSocket `/ws/notifications/`, to be sent there as the first "
        'message: `{"type": "ticket", "ticket": "…"}`. For clients that can’t set headers when opening a WebSocket.',
        request=None,
        responses={200: FeedTicketSerializer},
        examples=[
            OpenApiExample(
                "Ticket",
                value={"ticket": "8vY2c5oT3mJx0dKqLr7sWnZbE1hUfGpA4iXyRtQeMzk", "expires_in": 30},
                response_only=True,
            )
        ],
    )
)

me = extend_schema_view(
    get=extend_schema(summary="Show my account", responses={200: MeSerializer}, examples=[ME]),
    patch=extend_schema(
        summary="Change my account",
        description="`default_leads` sets the default reminders (minutes before the start) for new subscriptions."
        " The email address can only be changed on the settings page; `email` is ignored here.",
        request=MeSerializer,
        responses={200: MeSerializer, **refusals(UsernameTaken)},
        examples=[
            OpenApiExample(
                "A day and an hour before",
                value={"time_zone": "Europe/London", "default_leads": [1440, 60]},
                request_only=True,
            ),
            ME,
        ],
    ),
    delete=extend_schema(
        summary="Delete my account",
        description="Locks the account immediately. Its upcoming events are cancelled and their subscribers notified;"
        " then the account is deleted with everything in it.",
        responses={204: NO_CONTENT},
    ),
)

users = extend_schema_view(
    get=extend_schema(
        summary="List people",
        description="Staff only. Lists active users by id.",
        responses={200: PublicUserSerializer(many=True), **refusals(NotStaff)},
        examples=[OpenApiExample("Ada", value={"id": 7, "username": "ada"}, response_only=True)],
    )
)

user = extend_schema_view(
    get=extend_schema(
        summary="Show a person",
        responses={200: PublicUserSerializer},
        examples=[OpenApiExample("Ada", value={"id": 7, "username": "ada"}, response_only=True)],
    )
)
