"""The paths of the inbox, the search and what is one's own."""

from django.urls import path

from console.shell import inbox_views, preference_views, search_views, style_views, token_views

urlpatterns = [
    path("", inbox_views.inbox, name="inbox"),
    path("inbox/ring/", inbox_views.inbox_ring, name="inbox-ring"),
    path("search/", search_views.search_page, name="search"),
    path("preferences/", preference_views.preferences, name="preferences"),
    path("keyboard/", preference_views.shortcuts, name="shortcuts"),
    path("tokens/", token_views.own_tokens, name="tokens"),
    path("console/style/", style_views.style, name="style"),
]
