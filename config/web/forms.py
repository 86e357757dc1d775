"""Forms of pages: what they are bound to, and how they show refusals, beside a field or above the form."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from secrets import token_urlsafe
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme

from config.errors import Refusal


def posted(request: HttpRequest) -> QueryDict | None:
    """Return the data to bind a form to, or None if the form has not been sent."""
    return request.POST if request.method == "POST" else None


def posted_next(request: HttpRequest) -> str | None:
    """Return the path in the posted field `next`, to which the page wants to return; None if it is no path of ours."""
    url = request.POST.get("next", "")
    return url if url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None) else None


class CountedField(forms.CharField):
    """Text whose length a script counts. It has no `maxlength`, with which browsers cut off pasted text."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        if "maxlength" in attrs:
            attrs["data-limit"] = attrs.pop("maxlength")
        return attrs


class LinesField(CountedField):
    """Text of several lines with Unix line ends. Browsers send two characters for each line end but count one."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class OneTimeField(forms.CharField):
    """A hidden key that is new each time a form is shown, so that a form sent twice takes effect once."""

    def __init__(self) -> None:
        super().__init__(required=False, initial=token_urlsafe, widget=forms.HiddenInput)


class RefusalForm(forms.Form):
    """A form that shows refusals as its own errors.

    `refusal_fields` maps a refusal's `field` to the name of the input if the two have different names.
    """

    refusal_fields: Mapping[str, str] = {}
    refusal: Refusal | None = None

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Run a service in a `with` block. If it refuses, the block ends and the refusal becomes an error of the form.

        Raises:
            Http404: the row has been deleted meanwhile.
        """
        with _gone_is_404():
            try:
                yield
            except Refusal as refusal:
                self.add_refusal(refusal)

    def add_refusal(self, refusal: Refusal) -> None:
        """Show the refusal beside the input that it names, or above the form if it names none."""
        self.refusal = refusal
        name = self.refusal_fields.get(refusal.field or "", refusal.field)
        self.add_error(name if name in self.fields else None, forms.ValidationError(refusal.message, refusal.code))


def with_refusal_status(response: HttpResponse, form: forms.Form) -> HttpResponse:
    """Return the page of a form; with status 429 or 503 if it was refused by a rate limit or for want of capacity."""
    refusal: Refusal | None = getattr(form, "refusal", None)
    if refusal and refusal.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        response.status_code = refusal.status
        response["Retry-After"] = str(refusal.wait)
    return response


@contextmanager
def refusals_as_messages(request: HttpRequest) -> Iterator[None]:
    """Run a service in a `with` block. If it refuses, the block ends and the next page shows the refusal as a message.

    Raises:
        Http404: the row has been deleted meanwhile.
    """
    with _gone_is_404():
        try:
            yield
        except Refusal as refusal:
            messages.error(request, str(refusal))


@contextmanager
def _gone_is_404() -> Iterator[None]:
    try:
        yield
    except ObjectDoesNotExist as error:
        raise Http404 from error
