"""Make the app: settings, database, plug-ins, languages, access, pages."""

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Request, Response, abort, request
from flask_compress import Compress
from flask_wtf.csrf import CSRFProtect
from jinja2 import ChoiceLoader, FileSystemLoader
from werkzeug.datastructures import ImmutableMultiDict, iter_multi_items
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter
from whitenoise import WhiteNoise

from lms import access, errors, i18n, paths, plugins, settings
from lms.accounts import sessions
from lms.accounts.routes import blueprint as accounts_blueprint
from lms.db import db
from lms.navigation import navigation
from lms.people.routes import blueprint as people_blueprint
from lms.routes import blueprint as core_blueprint

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; manifest-src 'self'"
)
YEAR = 365 * 24 * 3600

# The largest id an INTEGER column of PostgreSQL can hold; a larger one in an address is nobody's.
LARGEST_ID = 2**31 - 1

csrf = CSRFProtect()
compress = Compress()


class Parameters(ImmutableMultiDict[str, Any]):
    """Fields of a form or of an address, without NUL: PostgreSQL cannot keep it, SQLite can, and nobody types it."""

    def __init__(self, mapping: Any = None) -> None:
        super().__init__(
            [
                (name, value.replace("\0", "") if isinstance(value, str) else value)
                for name, value in iter_multi_items(mapping or ())
            ]
        )


class CleanRequest(Request):
    """A request whose fields both databases can be asked for."""

    parameter_storage_class = Parameters

    def get_json(self, *args: Any, **options: Any) -> Any:
        """Return what was sent as JSON; 400 for half a character, which neither UTF-8 nor PostgreSQL can keep."""
        found = super().get_json(*args, **options)
        try:
            json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            abort(400)
        return found


class IdConverter(IntegerConverter):
    """`<int:…>` in an address: an id that a row can have. PostgreSQL and SQLite fail on a larger one; here it is 404."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max": LARGEST_ID, **options})


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """Return the app, ready to serve or to run commands.

    :raises SettingError: for a missing, unknown or unusable setting.
    :raises PluginError: for a plug-in that cannot be used.
    :raises UndeclaredRoute: for a view without a declared access.
    """
    environ = os.environ if environ is None else environ
    app = Flask("lms", instance_path=_instance(environ), template_folder=None, static_folder=None)
    app.request_class = CleanRequest
    app.url_map.converters["int"] = IdConverter
    app.before_request(_refuse_nul)
    app.config.update(settings.read(environ))
    _configure(app)
    suite = plugins.init_app(app, app.config["LMS_PLUGINS_OFF"])
    declared = settings.CORE + tuple(s for manifest in suite.manifests for s in manifest.settings)
    app.config.update(
        settings.read({**environ, "LMS_SECRET_KEY": app.config["SECRET_KEY"]}, declared, strict_names=True)
    )
    db.init_app(app)
    i18n.init_app(app, suite)
    csrf.init_app(app)
    compress.init_app(app)
    sessions.init_app(app)
    errors.init_app(app)
    access.init_app(app)
    _templates(app, suite)
    for blueprint in (core_blueprint, accounts_blueprint, people_blueprint):
        app.register_blueprint(blueprint)
    for manifest in suite.manifests:
        for blueprint in manifest.blueprints:
            app.register_blueprint(blueprint)
    app.after_request(_headers)
    access.check_routes(app)
    _wrap(app)
    return app


def _instance(environ: Mapping[str, str]) -> str:
    return str(Path(environ.get("LMS_INSTANCE_PATH", "instance")).resolve())


def _configure(app: Flask) -> None:
    production = app.config["LMS_ENVIRONMENT"] == "production"
    url: str = app.config["LMS_DATABASE_URL"]
    if url.startswith("sqlite:///"):
        Path(app.instance_path).mkdir(mode=0o700, parents=True, exist_ok=True)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=url.replace("postgresql://", "postgresql+psycopg://", 1),
        SECRET_KEY=app.config["LMS_SECRET_KEY"],
        MAX_CONTENT_LENGTH=app.config["LMS_UPLOAD_MB"] * 1024 * 1024,
        MAX_FORM_PARTS=2000,
        SESSION_COOKIE_NAME="__Host-lms" if production else "lms",
        SESSION_COOKIE_SECURE=production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=app.config["LMS_SESSION_HOURS"]),
        # An hour's limit would kill a 90-minute exam; the token lives as long as the session.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=production,
        COMPRESS_MIMETYPES=["text/html", "application/json", "text/csv"],
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=4,
        COMPRESS_MIN_SIZE=500,
    )


def _templates(app: Flask, suite: plugins.Suite) -> None:
    folders = [paths.TEMPLATES] + [m.templates for m in suite.manifests if m.templates]
    app.jinja_loader = ChoiceLoader([FileSystemLoader(str(folder)) for folder in folders])
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        asset=asset, navigation=navigation, has_endpoint=lambda name: name in app.view_functions
    )


@cache
def _asset_digest(name: str) -> str:
    return hashlib.sha256((paths.STATIC / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """Return the address of a static file; it holds a digest of the content, so browsers may keep it for a year."""
    return f"/static/{_asset_digest(name)}/{name}"


def _wrap(app: Flask) -> None:
    """Serve static files before the app is asked, and believe declared proxies only."""
    static = WhiteNoise(
        app.wsgi_app,
        max_age=YEAR,
        immutable_file_test=lambda _path, _url: True,
        add_headers_function=_static_headers,
    )
    for path in sorted(paths.STATIC.iterdir()):
        if path.is_file() and path.suffix in {".css", ".js", ".svg", ".woff2"}:
            static.add_file_to_dictionary(asset(path.name), str(path))
    app.wsgi_app = static  # type: ignore[method-assign]
    proxies = app.config["LMS_TRUSTED_PROXIES"]
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]


def _static_headers(headers: Any, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"


def _refuse_nul() -> None:
    """Answer 404 to an address with a NUL, which PostgreSQL cannot be asked for."""
    if "\0" in request.path:
        abort(404)


def _headers(response: Response) -> Response:
    """Add the security headers to every answer; personal pages are not kept by any cache."""
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={2 * YEAR}; includeSubDomains"
    if "Cache-Control" in response.headers:
        return response  # the view says itself that it holds nothing personal: a picture of a course
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Cookie")
    response.vary.add("Accept-Language")
    return response
