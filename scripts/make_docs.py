"""Write the generated parts of docs/ from the code: hooks, settings, permissions, commands.

Each part stands between two marks in a file that people write, so words around it stay. `--check` only says what is
out of date. `make docs` runs this; tests/suite/test_documentation.py compares.
"""

import inspect
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
from flask import Flask

from lms import access, hookspecs, settings
from lms.app import create_app
from lms.cli import assemble

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PARTS = ("hooks", "settings", "permissions", "commands")
OURS = ("courses", "assessments", "certificates")


def make_app() -> Flask:
    """Return an app that has our plug-ins and no third party's, and whose database is never asked."""
    environ = {"LMS_ENVIRONMENT": "test", "LMS_INSTANCE_PATH": tempfile.gettempdir()}
    app = create_app(environ)
    strangers = {manifest.name for manifest in app.extensions["lms"].manifests} - set(OURS)
    return create_app({**environ, "LMS_PLUGINS_OFF": ",".join(strangers)}) if strangers else app


def table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def callers(name: str) -> list[str]:
    """Return the modules of ours that call a hook."""
    expression = re.compile(rf"(hooks\(\)|\.hook|\bhook|\bhooks)\s*\.{name}\b")
    found = []
    for package in ("lms", *OURS):
        for path in sorted((ROOT / package).rglob("*.py")):
            if expression.search(path.read_text(encoding="utf-8")):
                module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                found.append(f"`{module}`")
    return found


def hooks(app: Flask) -> str:
    """Return the table of the hooks."""
    manager = app.extensions["lms"].manager

    def rows() -> Iterator[tuple[str, ...]]:
        for name, hook in vars(hookspecs.Hooks).items():
            if name.startswith("_"):
                continue
            answering = sorted(
                f"`{plugin.__name__.partition('.')[0]}`"
                for plugin in manager.get_plugins()
                if manager.parse_hookimpl_opts(plugin, name) is not None
            )
            signature = inspect.signature(hook)
            taken = ", ".join(parameter for parameter in signature.parameters if parameter != "self")
            first = (inspect.getdoc(hook) or "").splitlines()[0]
            given = str(signature.return_annotation)
            yield (
                f"[`{name}({taken})`](#{name})",
                f"`{given}`",
                first,
                ", ".join(callers(name)) or "nobody yet",
                ", ".join(answering) or "nobody yet",
            )

    return table(("hook", "gives", "what for", "asked or told by", "answered by"), rows())


def setting_rows(declared: tuple[settings.Setting, ...]) -> Iterator[tuple[str, ...]]:
    """Give a row a setting."""
    for setting in declared:
        default = "a random one at each start" if setting.secret and not setting.default else setting.default
        notes = ["required in production"] if setting.required_in_production else []
        notes += ["secret"] if setting.secret else []
        yield (
            f"`{setting.name}`",
            f"`{default}`" if default and not setting.secret else default or "empty",
            setting.unit,
            setting.help + (f" ({', '.join(notes)})" if notes else ""),
        )


def settings_part(app: Flask) -> str:
    """Return the tables of the settings."""
    heads = ("setting", "default", "unit", "what it does")
    parts = ["### Core", table(heads, setting_rows(settings.CORE))]
    for manifest in app.extensions["lms"].manifests:
        if manifest.settings:
            parts += [f"### Plug-in `{manifest.name}`", table(heads, setting_rows(manifest.settings))]
    return "\n\n".join(parts)


def permissions(app: Flask) -> str:
    """Return the table of permissions and the roles that hold them."""

    def rows() -> Iterator[tuple[str, ...]]:
        for permission in access.permissions(app.extensions["lms"]):
            held = tuple("yes" if role in permission.roles else "" for role in access.ROLES)
            yield (f"`{permission.name}`", permission.help, *held)

    heads = tuple(role.replace("_", " ") for role in access.ROLES)
    return table(("permission", "what it allows", *heads), rows())


def command_parts(command: click.Command, name: str) -> Iterator[str]:
    """Give the description of a command and of those below it."""
    context = click.Context(command, info_name=name)
    described = (command.help or "").strip()
    if isinstance(command, click.Group):
        yield f"### {name}\n\n{described}" if name.count(" ") else described
        for below in sorted(command.commands):
            yield from command_parts(command.commands[below], f"{name} {below}")
        return
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"#### {name}\n\n{described}\n\n```text\n{name} {usage}\n```"
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    if options:

        def rows() -> Iterator[tuple[str, ...]]:
            for option in options:
                record = option.get_help_record(context)
                if record:
                    yield (f"`{record[0]}`", record[1])

        yield table(("option", "what it does"), rows())


def commands(app: Flask) -> str:
    """Return what every command does."""
    with app.app_context():
        return "\n\n".join(part for part in command_parts(assemble(app), "lms") if part)


MAKERS = {"hooks": hooks, "settings": settings_part, "permissions": permissions, "commands": commands}


def replaced(part: str, written: str, made: str) -> str:
    """Return a document with its generated part replaced.

    :raises ValueError: when the document has no marks.
    """
    start, end = f"<!-- generated: {part} -->", f"<!-- end of {part} -->"
    if start not in written or end not in written:
        raise ValueError(f"docs/{part}.md has no marks {start} … {end}")
    before, _, rest = written.partition(start)
    return f"{before}{start}\n\n{made}\n\n{end}{rest.partition(end)[2]}"


def documents() -> dict[Path, tuple[str, str]]:
    """Return, by file, what is written and what should be."""
    app = make_app()
    found = {}
    for part in PARTS:
        path = DOCS / f"{part}.md"
        written = path.read_text(encoding="utf-8")
        found[path] = (written, replaced(part, written, MAKERS[part](app)))
    return found


def main() -> None:
    """Write, or with `--check` compare."""
    check = "--check" in sys.argv[1:]
    stale = {path: made for path, (written, made) in documents().items() if written != made}
    for path, made in stale.items():
        if not check:
            path.write_text(made, encoding="utf-8")
        print(f"{path.relative_to(ROOT)} {'is out of date; run `make docs`' if check else 'written'}")
    sys.exit(1 if check and stale else 0)


if __name__ == "__main__":
    main()
