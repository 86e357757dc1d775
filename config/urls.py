"""The URLs of the site."""

from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path
from django.views.generic import RedirectView

from accounts.views.sessions import LogoutView
from config.web import site_files
from events.sitemaps import SITEMAPS

admin.autodiscover()

urlpatterns = [
    # First, because the URLs are tried in this order, and the API's are requested most.
    path("api/", include("config.api_urls")),
    path("", include("events.urls")),
    path("", include("notifications.urls")),
    path("accounts/", include("accounts.urls")),
    # The admin's own form would only save the hash: the user would not be notified, and API sessions would stay listed.
    path(
        "admin/password_change/", admin.site.admin_view(RedirectView.as_view(pattern_name="accounts:password_change"))
    ),
    # The admin's own logout would not tell tabs to forget what was typed.
    path("admin/logout/", LogoutView.as_view()),
    path("admin/", admin.site.urls),
    path("favicon.ico", site_files.show_favicon),
    path("robots.txt", site_files.show_robots),
    path("site.webmanifest", site_files.show_manifest, name="manifest"),
    path("site.css", site_files.show_styles, name="site_styles"),
    path("site-admin.css", site_files.show_admin_styles, name="site_admin_styles"),
    path("site-icon.svg", site_files.show_icon, name="site_icon"),
    path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
]
