"""Endpoints for signing up, API sessions, feed tickets and people."""

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from rest_framework import status
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.tokens import Token

from accounts import services
from accounts.api import documentation
from accounts.api.filters import UserFilter
from accounts.api.serializers import (
    FeedTicketSerializer,
    LoginSerializer,
    MeSerializer,
    PublicUserSerializer,
    RefreshSerializer,
    SignupSerializer,
    TokenPairSerializer,
)
from accounts.attempts import count_login, count_signup
from accounts.callers import caller
from accounts.exceptions import InvalidCredentials, NotStaff
from accounts.models import User
from accounts.requests import device_of, language_of, time_of
from config.api.input import valid_input
from config.limits.rates import count_by_network
from config.logs import context


class _DoorView(GenericAPIView):
    """A view that needs no login. An expired token sent with the request does no harm."""

    authentication_classes = []
    permission_classes = [AllowAny]


@documentation.signup
class SignupView(_DoorView):
    """Create an account."""

    serializer_class = SignupSerializer

    def post(self, request: Request) -> Response:
        given = valid_input(self)
        count_signup(request)
        user = services.register_user(**given, language=language_of(request), at=time_of(request))
        return Response(MeSerializer(user).data, status=status.HTTP_201_CREATED)


@documentation.login
class LoginView(_DoorView):
    """Start an API session."""

    serializer_class = LoginSerializer

    def post(self, request: Request) -> Response:
        given = valid_input(self)
        count_login(request, given["email"])
        user = authenticate(request, username=given["email"], password=given["password"])
        if not isinstance(user, User):
            raise InvalidCredentials
        context.identify(user.pk)
        pair = services.open_api_session(user, at=time_of(request), device=device_of(request))
        return Response(TokenPairSerializer(pair).data)


@documentation.refresh
class RefreshView(_DoorView):
    """Exchange a refresh token for new tokens."""

    serializer_class = RefreshSerializer

    def post(self, request: Request) -> Response:
        count_by_network(request, "refresh")
        pair = services.refresh_api_session(valid_input(self)["refresh"], at=time_of(request))
        return Response(TokenPairSerializer(pair).data)


@documentation.logout
class LogoutView(_DoorView):
    """End an API session."""

    serializer_class = RefreshSerializer

    def post(self, request: Request) -> Response:
        services.close_api_session(valid_input(self)["refresh"], at=time_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


@documentation.feed_ticket
class FeedTicketView(GenericAPIView):
    """Get a one-time ticket for the feed. The socket stays open as long as the login that requested it."""

    permission_classes = [IsAuthenticated]
    serializer_class = FeedTicketSerializer

    def post(self, request: Request) -> Response:
        if isinstance(request.auth, Token):
            login: dict[str, Any] = {"api_session_id": request.auth[services.SESSION_CLAIM]}
        else:
            login = {"session_key": request.session.session_key}
        ticket = services.issue_feed_ticket(caller(request), at=time_of(request), **login)
        return Response({"ticket": ticket, "expires_in": settings.FEED_TICKET_SECONDS})


@documentation.me
class MeView(GenericAPIView):
    """Your own account."""

    permission_classes = [IsAuthenticated]
    serializer_class = MeSerializer

    def get(self, request: Request) -> Response:
        return Response(self.get_serializer(request.user).data)

    def patch(self, request: Request) -> Response:
        user = services.update_profile(caller(request), **valid_input(self, request.user, partial=True))
        return Response(self.get_serializer(user).data)

    def delete(self, request: Request) -> Response:
        services.request_deletion(caller(request), at=time_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


@documentation.users
class UserListView(ListAPIView):
    """All active users, for staff only."""

    permission_classes = [IsAuthenticated]
    serializer_class = PublicUserSerializer
    filterset_class = UserFilter
    queryset = User.objects.active().order_by("id")

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if not caller(request).is_staff:
            raise NotStaff
        return self.list(request)


@documentation.user
class UserView(RetrieveAPIView):
    """What everyone can see of a user."""

    permission_classes = [IsAuthenticated]
    serializer_class = PublicUserSerializer
    queryset = User.objects.active()
