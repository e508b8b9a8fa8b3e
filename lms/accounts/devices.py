"""Known devices: a signed cookie by which a browser is recognised that signed in to an account before.

The cookie says nothing about who signed in, and one browser has one cookie however many people use it: what is
kept per account is the digest of service number and cookie together. It opens nothing; it only counts failures
apart, so that a stranger's guesses do not slow down the owner.
"""

import hashlib
import secrets

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

COOKIE = "known_device"
# Browsers keep no cookie longer than 400 days.
KEPT_SECONDS = 400 * 24 * 3600


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="known device")


def token() -> str:
    """Return this browser's token; a new one for a browser without a cookie or with one we did not sign."""
    try:
        return str(_signer().loads(request.cookies.get(COOKIE, "")))
    except BadSignature:
        return secrets.token_urlsafe(24)


def digest(service_number: str, device: str) -> str:
    """Return what is kept of a device of an account."""
    return hashlib.sha256(f"{service_number}\0{device}".encode("utf-8", "surrogatepass")).hexdigest()


def remember(response: Response, device: str) -> Response:
    """Return the response with the browser's cookie, for another 400 days."""
    response.set_cookie(
        COOKIE,
        str(_signer().dumps(device)),
        max_age=KEPT_SECONDS,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return response
