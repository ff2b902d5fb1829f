"""The admin site in Loupe's dress: its name, icon and colour, and a way back."""

from django.templatetags.static import static

# Steps of Loupe's accent; 600 carries white text.
_ACCENT = {
    "50": "98.4% .014 181", "100": "95.3% .04 181", "200": "91% .075 181", "300": "85.5% .1 182",
    "400": "77.7% .11 183", "500": "65% .11 184", "600": "52.3% .088 187", "700": "45% .076 187",
    "800": "39% .065 188", "900": "34% .055 189", "950": "26% .045 191",
}  # fmt: skip
UNFOLD = {
    "SITE_TITLE": "Loupe admin",
    "SITE_HEADER": "Loupe admin",
    "SITE_ICON": lambda request: static("img/favicon.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/favicon.svg")}
    ],
    "SITE_DROPDOWN": [{"icon": "arrow_back", "title": "Back to Loupe", "link": "/"}],
    "COLORS": {"primary": {step: f"oklch({value})" for step, value in _ACCENT.items()}},
}
