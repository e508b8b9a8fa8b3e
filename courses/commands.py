"""The commands `lms courses`: check and format packages, import and export courses."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import click
from flask_babel import force_locale

from courses.actions.packages import NothingToPublish, all_faults, import_package, publish
from courses.package import (
    SHIPPED,
    PackageRefused,
    canonical,
    figures,
    not_canonical,
    read_folder,
    table,
    write_folder,
)
from courses.queries.packages import course_id_of, draft_of, files_of, latest_of, newest_digest
from lms.db import db
from lms.errors import RuleError
from lms.hookspecs import Fault, PackageFigure, PackageFiles
from lms.plugins import hooks

SHOW_PROGRESS_AFTER = 2.0  # seconds
Given = TypeVar("Given")
Made = TypeVar("Made")
FOLDERS = click.argument(
    "folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path)
)


@click.group("courses")
def courses() -> None:
    """Course packages: check, report, format, import, export (docs/course-package.md)."""


@courses.command("check")
@FOLDERS
def check_command(folders: tuple[Path, ...]) -> None:
    """Report every fault of packages, with file and line. Needs no database."""
    with force_locale("en"):
        found = [line for lines in _each(folders, _faults_of) for line in lines]
    for line in found:
        click.echo(line)
    if found:
        raise click.ClickException(f"{len(found)} faults." if len(found) > 1 else "1 fault.")
    click.echo(f"No faults in {_packages(len(folders))}.")


@courses.command("report")
@FOLDERS
def report_command(folders: tuple[Path, ...]) -> None:
    """Print what packages hold, a row a module: words, sections, questions, faults. Needs no database."""
    with force_locale("en"):
        reports = _each(folders, _figures_of)
    for line in table(reports):
        click.echo(line)


@courses.command("format")
@FOLDERS
def format_command(folders: tuple[Path, ...]) -> None:
    """Rewrite the files of packages in their canonical form. Needs no database."""
    with force_locale("en"):
        for folder in folders:
            package = _read(folder)
            wanted = canonical(package).files
            changed = {name: body for name, body in wanted.items() if body != package.files[name]}
            write_folder(changed, folder)
            click.echo(f"{folder}: {len(changed)} of {len(wanted)} files rewritten.")


@courses.command("import")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--shipped", is_flag=True, help="The courses that come with the suite.")
@click.option("--publish", "publish_too", is_flag=True, help="Publish what was imported and differs.")
@click.option(
    "--kind",
    type=click.Choice(["minor", "major"]),
    default="major",
    show_default=True,
    help="Of the revision to publish; the first is always 1.0.",
)
@click.option("--note", default="Imported", show_default=True, help="What changed, for those who look back.")
def import_command(folders: tuple[Path, ...], shipped: bool, publish_too: bool, kind: str, note: str) -> None:
    """Write packages into the drafts of their courses: all of them, or none when one has a fault."""
    if shipped:
        folders += tuple(sorted(SHIPPED.iterdir()))
    if not folders:
        raise click.UsageError("Name the folder of a package, or --shipped.")
    with force_locale("en"):
        packages = _each(folders, _read)
        try:
            lines = _each(packages, _import)
            if publish_too:
                lines += _each(packages, lambda package: _publish(package, kind, note))
        except PackageRefused as refused:
            raise click.ClickException(f"Nothing was imported.\n{refused}") from refused
        except RuleError as refused:
            raise click.ClickException(f"{refused.title}. {refused.advice}") from refused
        db.session.commit()
    for line in lines:
        if line:
            click.echo(line)


@courses.command("export")
@click.argument("code")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--draft", is_flag=True, help="The draft instead of the newest published revision.")
def export_command(code: str, folder: Path, draft: bool) -> None:
    """Write a course as a package in canonical form into FOLDER, which must be new or empty."""
    course_id = course_id_of(code)
    if course_id is None:
        raise click.ClickException(f"There is no course {code}.")
    revision = draft_of(course_id) if draft else latest_of(course_id)
    if revision is None:
        raise click.ClickException(
            f"{code} has no {'draft' if draft else 'published revision; try --draft'}."
        )
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not empty.")
    files = files_of(revision.id)
    write_folder(files, folder)
    click.echo(f"{code} {revision.number or 'draft'}: {len(files)} files in {folder}.")


def _packages(number: int) -> str:
    return "1 package" if number == 1 else f"{number} packages"


def _read(folder: Path) -> PackageFiles:
    try:
        return read_folder(folder)
    except PackageRefused as refused:
        raise click.ClickException(str(refused)) from refused


def _faults_of(folder: Path) -> list[str]:
    try:
        package = read_folder(folder)
        faults: list[Fault] = all_faults(package) + not_canonical(package)
    except PackageRefused as refused:
        faults = refused.faults
    return [f"{folder.as_posix().rstrip('/')}/{fault}" for fault in faults]


def _figures_of(folder: Path) -> tuple[PackageFiles, list[PackageFigure], list[Fault]]:
    package = _read(folder)
    # pluggy answers with the plug-in registered last first.
    others = reversed(hooks().package_figures(package=package))
    found = figures(package) + [figure for answer in others for figure in answer]
    return package, found, all_faults(package) + not_canonical(package)


def _import(package: PackageFiles) -> str:
    before = newest_digest(package.code)
    revision = import_package(package, actor_id=None)
    if revision.digest == before:
        return f"{package.code}: nothing changed."
    return f"{package.code}: the draft holds what was imported."


def _publish(package: PackageFiles, kind: str, note: str) -> str:
    course_id = course_id_of(package.code)
    if course_id is None:
        return ""
    try:
        revision = publish(course_id, kind="minor" if kind == "minor" else "major", note=note, actor_id=None)
    except NothingToPublish:
        return ""
    return f"{package.code}: published as {revision.number}."


def _each(items: Sequence[Given], make: Callable[[Given], Made]) -> list[Made]:
    """Do something with each item; show how far it is once that takes more than two seconds."""
    started = time.monotonic()
    made: list[Made] = []
    with ExitStack() as stack:
        bar = None
        for item in items:
            if bar is None and made and time.monotonic() - started > SHOW_PROGRESS_AFTER:
                bar = stack.enter_context(click.progressbar(length=len(items), label="Packages"))
                bar.update(len(made))
            made.append(make(item))
            if bar is not None:
                bar.update(1)
    return made
