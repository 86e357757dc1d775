"""Forms for logging in, signing up, passwords and email addresses, and the base form for reminder times."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.urls import reverse_lazy
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.attempts import count_login
from accounts.cities import places_meant, similar_places
from accounts.exceptions import InvalidCredentials
from accounts.leads import MINUTES_PER_UNIT, PRESET_LEADS, lead_choice
from accounts.models import MAX_LEAD_MINUTES, User, validate_leads
from config.limits.rates import RateLimited
from config.web.forms import RefusalForm

# The name of the button that adds the typed lead to the list and saves nothing.
ADD = "add_lead"
MIN_PASSWORD_LENGTH = 8  # by which browsers see whether an old error still holds; the settings decide
PASSWORD_RULES = _("At least 8 characters. Common passwords aren’t allowed.")


class TimeZoneField(forms.CharField):
    """A time zone, as people call it: a city in any language, "vienna time", "CET" or the name of an IANA time zone.

    Its value is the IANA name. Scripts suggest places while one types. `guess` lets a script replace the initial "UTC"
    with the browser's time zone, for people who have not chosen one.
    """

    default_error_messages = {
        "unknown_zone": _("“%(value)s” isn’t a city or time zone we know. Try a larger city nearby."),
        "misspelled_zone": _("“%(value)s” isn’t a city or time zone we know. Did you mean %(places)s?"),
        "ambiguous_zone": _("“%(value)s” could be in several time zones. Did you mean %(places)s?"),
    }

    def __init__(self, *, guess: bool = False, **options: Any) -> None:
        attrs = {
            "autocomplete": "off",
            "spellcheck": "false",
            "data-zones": reverse_lazy("accounts:time_zones"),
            "data-suggestions": _("Suggestions"),
        }
        if guess:
            attrs["data-guess-zone"] = ""
        super().__init__(
            **{
                "max_length": 64,
                "label": _("Time zone"),
                "widget": forms.TextInput(attrs=attrs),
                **options,
            }
        )

    def to_python(self, value: Any) -> str:
        """Return the name of the time zone that a text means; "" for no text.

        Raises:
            ValidationError: none is meant, or one of several.
        """
        text = str(super().to_python(value))
        if not text or "\0" in text or len(text) > (self.max_length or 0):
            return text  # which validators refuse
        meant = places_meant(text)
        if len(meant) == 1:
            return meant[0].zone
        places = meant or similar_places(text)
        code = "ambiguous_zone" if meant else "misspelled_zone" if places else "unknown_zone"
        named = [place.zone if place.name == place.zone else f"{place.name} ({place.zone})" for place in places]
        params = {"value": text, "places": _(" or ").join(named)}
        raise ValidationError(self.error_messages[code], code="unknown_zone", params=params)


class UsernameField(forms.CharField):
    """The name that other people see. The service checks whether it is taken."""

    default_validators = User._meta.get_field("username").validators

    def __init__(self, **options: Any) -> None:
        attrs = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        super().__init__(
            **{
                "max_length": 40,
                "label": _("Username"),
                "help_text": _("Visible to others. Use letters, numbers, dots, hyphens and underscores."),
                "widget": forms.TextInput(attrs=attrs),
                **options,
            }
        )


class AddressField(forms.EmailField):
    """The email address for an account. The service checks whether it is taken."""

    default_validators = User._meta.get_field("email").validators

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{"max_length": 254, "widget": forms.EmailInput(attrs={"autocomplete": "email"}), **options},
        )


class LeadsField(forms.TypedMultipleChoiceField):
    """The chosen leads, in minutes. The options are only suggestions, and `validate_leads` decides what is valid."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{
                "coerce": int,
                "required": False,
                "empty_value": [],
                "widget": forms.CheckboxSelectMultiple,
                "choices": lambda: [(lead, capfirst(lead_choice(lead))) for lead in PRESET_LEADS],
                "error_messages": {"invalid_choice": _("Enter a whole number of minutes.")},
                **options,
            }
        )

    def valid_value(self, value: str) -> bool:
        return True


def offered_leads(leads: Iterable[int], data: Mapping[str, Any] | None) -> list[int]:
    """Return the leads to offer, in ascending order: the presets, `leads`, and what is ticked if `data` was sent."""
    return sorted({*PRESET_LEADS, *leads, *sent_leads(data)})


def sent_leads(data: Mapping[str, Any] | None) -> list[int]:
    """Return the leads that are ticked in `data`, and the typed one if it is added, as far as they are numbers."""
    if not isinstance(data, QueryDict):
        return []
    leads = [int(lead) for lead in data.getlist("leads") if lead.isdecimal() and len(lead) < 6]
    return [*leads, *_added_lead(data)]


def _added_lead(data: QueryDict) -> list[int]:
    try:
        amount = forms.IntegerField().clean(data.get("other_amount", "") if ADD in data else "")
    except ValidationError:
        return []
    lead: int = amount * MINUTES_PER_UNIT.get(data.get("other_unit", ""), 1)
    return [lead] if 0 <= lead <= MAX_LEAD_MINUTES else []


class LeadsForm(RefusalForm):
    """When to be reminded before a start: presets to tick, and one lead to type, which can be added to the list."""

    leads = LeadsField(label=_("Remind me"))
    other_amount = forms.IntegerField(
        label=_("Another reminder"),
        required=False,
        widget=forms.NumberInput(attrs={"min": 0, "inputmode": "numeric", "placeholder": "45"}),
    )
    other_unit = forms.ChoiceField(
        label=_("Unit"),
        required=False,
        choices=[("minutes", _("minutes")), ("hours", _("hours")), ("days", _("days")), ("weeks", _("weeks"))],
    )

    @property
    def is_adding(self) -> bool:
        """Whether the form was sent only to add the typed lead to the list."""
        return ADD in self.data

    def is_valid(self) -> bool:
        """Return whether there is something to save. A form that adds a lead is shown again, with that lead ticked."""
        return super().is_valid() and not self.is_adding

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors.keys() & {"leads", "other_amount", "other_unit"}:
            return cleaned
        leads: list[int] = cleaned["leads"]
        if cleaned["other_amount"] is not None:
            other = cleaned["other_amount"] * MINUTES_PER_UNIT[cleaned["other_unit"] or "minutes"]
            self._check("other_amount", [other])
            if not self.has_error("other_amount"):
                leads = list(dict.fromkeys([*leads, other]))
        elif self.is_adding:
            self.add_error("other_amount", ValidationError(_("Enter how long before the start."), code="required"))
        self._check("leads", leads)
        if self.is_adding and not self.errors.keys() & {"leads", "other_amount"}:
            self._tick(leads)
        return cleaned | {"leads": sorted(leads, reverse=True)}

    def _tick(self, leads: list[int]) -> None:
        """Let the form show these leads ticked, and nothing typed."""
        data = cast(QueryDict, self.data).copy()
        data.setlist("leads", list(map(str, leads)))
        data["other_amount"] = ""
        self.data = data

    def _check(self, field: str, leads: list[int]) -> None:
        try:
            validate_leads(leads)
        except ValidationError as error:
            if field not in self.errors and not self.has_error("other_amount"):
                self.add_error(field, error)


class LoginForm(AuthenticationForm):
    """Log in by email address. A wrong address, a wrong password and an inactive account get the same message."""

    username = forms.EmailField(
        label=_("Email address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )
    error_messages = {
        "invalid_login": InvalidCredentials.message,
        "inactive": InvalidCredentials.message,
    }

    request: HttpRequest
    refusal: RateLimited | None = None

    def clean(self) -> dict[str, Any]:
        try:
            count_login(self.request, self.cleaned_data.get("username", ""))
        except RateLimited as refusal:
            self.refusal = refusal
            raise ValidationError(refusal.message, refusal.code) from refusal
        return super().clean()


class AdminLoginForm(AdminAuthenticationForm):
    """The admin's login form with the limits of the public one. Beyond a limit the whole page is refused.

    It reads the email address as the public form does, because Django's own field would turn a wide `ｅ` into `e`.
    """

    username = forms.EmailField(widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}))
    request: HttpRequest

    def clean(self) -> dict[str, Any]:
        count_login(self.request, self.cleaned_data.get("username", ""))
        return super().clean()


class SignupForm(RefusalForm):
    """Create an account."""

    email = AddressField(label=_("Email address"), help_text=_("You’ll log in with this. No one else can see it."))
    username = UsernameField()
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=PASSWORD_RULES,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "new-password", "minlength": MIN_PASSWORD_LENGTH, "data-reveal": _("Show")}
        ),
    )
    time_zone = TimeZoneField(
        initial="UTC", guess=True, help_text=_("A city, such as Vienna. For times and reminders.")
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "password" in cleaned:
            user = User(username=cleaned.get("username", ""), email=cleaned.get("email", ""))
            try:
                validate_password(cleaned["password"], user)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned

    def ask_for_password_again(self) -> None:
        """Say beside the password that it is missing: a form that is shown again does not contain what was typed."""
        if "password" not in self.errors:
            self.add_error("password", _("Enter your password again."))


class PasswordForm(RefusalForm):
    """Ask for the user's password again, to prove who they are.

    An attempt counts as a login attempt. Beyond the limit the whole page is refused.
    """

    password = forms.CharField(
        label=_("Your password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, *args: Any, request: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request = request

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        user: User = self._request.user
        count_login(self._request, user.email)
        if not user.check_password(password):
            raise ValidationError(_("That password isn’t correct."), code="invalid_credentials")
        return password


class ChangeEmailForm(PasswordForm):
    """Request another email address, which takes effect once it is confirmed."""

    field_order = ["email", "password"]

    email = AddressField(label=_("New email address"))


class NewPasswordForm(SetPasswordForm):
    """A new password, typed twice, with the same help text as on the sign-up page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = PASSWORD_RULES
        self.fields["new_password1"].widget.attrs["minlength"] = MIN_PASSWORD_LENGTH
        self.fields["new_password2"].widget.attrs["data-same-as"] = "new_password1"
        self.fields["new_password2"].label = _("New password again")
        self.fields["new_password2"].help_text = ""


class ChangePasswordForm(NewPasswordForm, PasswordChangeForm):
    """The same form with the current password, which proves that its owner is asking."""

    error_messages = {
        **PasswordChangeForm.error_messages,
        "password_incorrect": _("That password isn’t correct."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = _("Current password")


class ResetRequestForm(forms.Form):
    """Ask for the email address that the link to choose a new password is sent to."""

    email = forms.EmailField(
        label=_("Email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )
