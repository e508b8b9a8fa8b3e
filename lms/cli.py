"""The command `lms`."""

import os
import secrets
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app

from lms import demo, migrate, plugins, wsgi
from lms.accounts.commands import accounts
from lms.app import create_app
from lms.db import db
from lms.people import reference

# They read files only and must work where no database and no secret is set up.
FILES_ONLY = (("courses", "check"), ("courses", "format"), ("courses", "report"))


@click.group()
def cli() -> None:
    """The learning platform of the police: set up, courses, accounts, service."""


@cli.group("db")
def database() -> None:
    """The database."""


@database.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest migration and add missing regions, ranks and top units."""
    migrate.upgrade(current_app)
    reference.load()
    db.session.commit()
    click.echo("The database is up to date.")


@database.command("check")
def db_check() -> None:
    """Say whether the database is at the newest migration and agrees with the models."""
    if not migrate.is_current(current_app):
        raise click.ClickException("Migrations are missing; run `lms db upgrade`.")
    lines = migrate.difference(current_app)
    if lines:
        raise click.ClickException("The models and the database differ:\n" + "\n".join(lines))
    click.echo("The database agrees with the models.")


@cli.group("demo")
def demonstration() -> None:
    """Demonstration data; never for production."""


@demonstration.command("load")
def demo_load() -> None:
    """Load invented people and their learning, and stamp the database as a demonstration."""
    if current_app.config["LMS_ENVIRONMENT"] == "production":
        raise click.ClickException(
            "Demonstration people are not loaded in production; set LMS_ENVIRONMENT=demonstration."
        )
    if demo.is_loaded():
        click.echo("The demonstration people are there already.")
        return
    _load_demonstration()
    db.session.commit()
    click.echo("Demonstration people are loaded.")


def _load_demonstration() -> None:
    try:
        demo.load(lambda parts: click.progressbar(parts, label="Courses and people of the demonstration"))
    except demo.PeopleThereAlready as refused:
        raise click.ClickException(str(refused)) from None


@cli.command("plugins")
def show_plugins() -> None:
    """List the plug-ins that are in use."""
    for manifest in plugins.suite().manifests:
        click.echo(f"{manifest.name}: {manifest.label or '-'}")


@cli.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=2, show_default=True)
@click.option("--threads", default=4, show_default=True)
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve with gunicorn. Refuses a database that is not migrated, or a demonstration in production."""
    wsgi.checked()  # makes a second app, only to check what is about to be served
    run_gunicorn(host, port, workers, threads)


@cli.command("start-demo")
@click.option("--port", default=8000, show_default=True)
def start_demo(port: int) -> None:
    """Set up and serve a demonstration on this computer: database, courses, invented people (`make run`)."""
    if current_app.config["LMS_ENVIRONMENT"] == "production":
        raise click.ClickException("This is a production environment; `lms serve` starts it.")
    migrate.upgrade(current_app)
    reference.load()
    if not demo.is_loaded():
        _load_demonstration()
    db.session.commit()
    db.session.remove()
    db.engine.dispose()
    address = f"http://127.0.0.1:{port}"
    click.echo(f"\nThe demonstration is at {address}\n")
    click.echo(f"Sign in with the password {demo.PASSWORD} as:")
    for member in demo.MEMBERS:
        click.echo(f"  {member.number}  {member.key:<8} {member.role.replace('_', ' ')}")
    click.echo("\nCtrl-C stops it; the data stays in instance/ for the next start.")
    os.environ["LMS_PUBLIC_URL"] = address
    run_gunicorn("127.0.0.1", port, workers=2, threads=4)


def demonstration_settings(environ: dict[str, str]) -> dict[str, str]:
    """Return the settings of a demonstration: everything in the instance folder, the secret kept between starts."""
    folder = Path(environ.get("LMS_INSTANCE_PATH", "instance"))
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "demonstration-secret"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(48))
    return {"LMS_ENVIRONMENT": "demonstration", "LMS_SECRET_KEY": kept.read_text(), **environ}


def run_gunicorn(host: str, port: int, workers: int, threads: int) -> None:
    """Become gunicorn; does not return."""
    arguments = [
        sys.executable,
        "-m",
        "gunicorn",
        "lms.wsgi:make()",
        "--bind",
        f"{host}:{port}",
        "--worker-class",
        "gthread",
        "--workers",
        str(workers),
        "--threads",
        str(threads),
        "--preload",
        "--no-control-socket",
        "--access-logfile",
        "-" if os.environ.get("LMS_ACCESS_LOG") == "on" else "/dev/null",
        "--forwarded-allow-ips",
        "",
    ]
    os.execv(sys.executable, arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command inside the app; what stops the start is said in one sentence."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    environ = dict(os.environ)
    if tuple(given[:2]) in FILES_ONLY:
        environ["LMS_ENVIRONMENT"] = "test"
        environ["LMS_DATABASE_URL"] = "sqlite:///unused.db"
        environ["LMS_INSTANCE_PATH"] = tempfile.gettempdir()  # is there, so no folder is made
    if given[:1] == ["start-demo"]:
        environ = demonstration_settings(environ)
        os.environ.update(environ)  # gunicorn, which this process becomes, reads them again
    try:
        app = create_app(environ)
        with app.app_context():
            assemble(app)(args=given, prog_name="lms")
    except wsgi.REFUSALS as refused:
        click.echo(f"lms: {refused}", err=True)
        sys.exit(2)


def assemble(app: Flask) -> Any:
    """Return the whole command: the core's and the plug-ins'."""
    cli.add_command(accounts)
    for manifest in app.extensions["lms"].manifests:
        for command in manifest.commands:
            cli.add_command(command)
    return cli
