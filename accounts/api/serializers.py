"""Serializers for people, their API sessions and feed tickets."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import MAX_LEAD_MINUTES, MAX_LEADS, MIN_LEAD_MINUTES, User, validate_leads
from config.api.fields import TextField, TimeZoneField

LEADS_SCHEMA = {
    "type": "array",
    "items": {"type": "integer", "minimum": MIN_LEAD_MINUTES, "maximum": MAX_LEAD_MINUTES},
    "maxItems": MAX_LEADS,
    "uniqueItems": True,
    "description": "Minutes before the start.",
}


@extend_schema_field(LEADS_SCHEMA)
class LeadsField(serializers.Field):
    """A list of leads in minutes. It is passed on unchanged, because `accounts.models.validate_leads` checks it."""

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: list[int]) -> list[int]:
        return value


def _text_of(name: str, field: type[TextField] = TextField) -> TextField:
    """Return a field with the validators of the user's column, but without the query whether the value is taken.

    The service refuses a value that is taken, with a code of its own, even if two people sign up at once.
    """
    column = next(each for each in User._meta.fields if each.name == name)
    return field(validators=column.validators, help_text=column.help_text)


class PublicUserSerializer(serializers.ModelSerializer):
    """What everyone can see of a user."""

    class Meta:
        model = User
        fields = ["id", "username"]
        read_only_fields = fields


class MeSerializer(serializers.ModelSerializer):
    """Your own account."""

    username = _text_of("username")
    time_zone = _text_of("time_zone", TimeZoneField)
    default_leads = LeadsField(validators=[validate_leads])

    class Meta:
        model = User
        fields = ["id", "username", "email", "pending_email", "time_zone", "default_leads"]
        read_only_fields = ["id", "email", "pending_email"]
        extra_kwargs = {
            "email": {"help_text": "The address that you log in with. It can only be changed on the settings page."},
            "pending_email": {"help_text": "A new address that takes effect once it is confirmed."},
        }


class SignupSerializer(serializers.Serializer):
    username = _text_of("username")
    email = _text_of("email")
    password = TextField(trim_whitespace=False, write_only=True, style={"input_type": "password"})

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        someone = User(username=attrs["username"], email=attrs["email"])
        try:
            validate_password(attrs["password"], someone)
        except DjangoValidationError as error:
            raise serializers.ValidationError({"password": error.messages}) from error
        return attrs


class LoginSerializer(serializers.Serializer):
    email = TextField()
    password = TextField(trim_whitespace=False, write_only=True, style={"input_type": "password"})


class RefreshSerializer(serializers.Serializer):
    refresh = TextField()


class TokenPairSerializer(serializers.Serializer):
    access = serializers.CharField(read_only=True)
    refresh = serializers.CharField(read_only=True)


class FeedTicketSerializer(serializers.Serializer):
    ticket = serializers.CharField(read_only=True)
    expires_in = serializers.IntegerField(read_only=True, help_text="Seconds until the ticket expires.")
