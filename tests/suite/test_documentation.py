"""The documents say what the code does: names, tables, links."""

import inspect
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from lms import access, hookspecs, settings
from lms.cli import assemble
from tests.suite import sources

make_docs = sources.script("make_docs")

DOCUMENTS = [
    p for p in sources.files() if p.suffix == ".md" and (p.parts[0] == "docs" or p == Path("README.md"))
]
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("part", make_docs.PARTS)
def test_the_generated_part_of_a_document_is_up_to_date(part: str) -> None:
    written, made = make_docs.documents()[make_docs.DOCS / f"{part}.md"]

    assert written == made, "run `make docs`"


def test_every_hook_has_a_section_and_an_example() -> None:
    text = sources.text(Path("docs/hooks.md"))
    faults = []
    for name, hook in vars(hookspecs.Hooks).items():
        if name.startswith("_"):
            continue
        section = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
        if section is None:
            faults.append(f"docs/hooks.md has no section '## {name}'")
        elif "```python" not in section[1]:
            faults.append(f"docs/hooks.md: {name} has no example")
        else:
            shown = re.search(rf"def {name}\((.*?)\)", section[1])
            parameters = set(inspect.signature(hook).parameters) - {"self"}
            used = {
                part.partition(":")[0].strip()
                for part in (shown[1] if shown else "").split(",")
                if part.strip()
            }
            used = {part for part in used if re.fullmatch(r"\w+", part)}
            if shown is None or not used <= parameters:
                faults.append(
                    f"docs/hooks.md: the example of {name} takes {used}, the hook gives {parameters}"
                )

    assert faults == []


def test_the_hooks_of_the_document_are_there() -> None:
    documented = re.findall(r"^## (\w+)$", sources.text(Path("docs/hooks.md")), re.M)

    assert documented == [name for name in vars(hookspecs.Hooks) if not name.startswith("_")]


def test_every_setting_and_permission_has_a_help(made_app: Flask) -> None:
    manifests = made_app.extensions["lms"].manifests
    declared = [*settings.CORE, *(s for manifest in manifests for s in manifest.settings)]
    permissions = access.permissions(made_app.extensions["lms"])

    without_help = [item.name for item in (*declared, *permissions) if not item.help.strip().endswith(".")]
    unknown_roles = [p.name for p in permissions if not p.roles <= set(access.ROLES)]

    assert without_help == []
    assert unknown_roles == []


def test_settings_that_code_reads_are_declared(made_app: Flask) -> None:
    manifests = made_app.extensions["lms"].manifests
    declared = {setting.name for setting in settings.CORE} | set(settings.NOT_OURS)
    declared |= {s.name for manifest in manifests for s in manifest.settings}

    faults = [
        f"{path} reads {name}, which nobody declares"
        for path in sources.shipped_python()
        for name in sorted(set(re.findall(r"[\"'](LMS_[A-Z_]+)[\"']", sources.text(path))) - declared)
    ]

    assert faults == []


def test_every_command_says_what_it_does(made_app: Flask) -> None:
    runner = CliRunner()
    silent = []

    def look(command: object, name: str) -> None:
        if not (getattr(command, "help", "") or "").strip():
            silent.append(name)
        for below, inner in getattr(command, "commands", {}).items():
            look(inner, f"{name} {below}")

    with made_app.app_context():
        look(assemble(made_app), "lms")
        shown = runner.invoke(assemble(made_app), ["--help"])

    assert silent == []
    assert shown.exit_code == 0


def anchors(path: Path) -> set[str]:
    """Return the anchors of the headings of a document, as code hosts make them."""
    headings = re.findall(r"^#{1,6} (.+)$", sources.text(path), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_links_of_a_document_lead_somewhere(path: Path) -> None:
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", sources.text(path), flags=re.S)
    faults = []
    for link in (first or second for first, second in LINK.findall(prose)):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        found = (sources.ROOT / path.parent / target).resolve() if target else sources.ROOT / path
        if not found.exists():
            faults.append(f"{path}: {link} is not there")
        elif anchor and found.suffix == ".md" and anchor not in anchors(found.relative_to(sources.ROOT)):
            faults.append(f"{path}: {link} has no such heading")

    assert faults == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_files_and_targets_that_a_document_names_are_there(path: Path) -> None:
    text = sources.text(path)
    makefile = sources.text(Path("Makefile"))
    roots = {p.parts[0] for p in sources.files()} - {"instance"}

    named = {
        name for name in re.findall(r"`([\w./-]+/[\w./-]+\.(?:py|md|html|toml|yaml|css|js|scss))`", text)
    }
    absent = sorted(
        name
        for name in named
        if name.split("/")[0] in roots
        and not (sources.ROOT / name).exists()
        and not (sources.ROOT / "templates" / name).exists()
    )
    targets = sorted(
        target
        for target in set(re.findall(r"`make ([a-z]+)", text))
        if not re.search(rf"^{target}:", makefile, re.M)
    )

    assert (absent, targets) == ([], [])


def decisions() -> list[Path]:
    """Return the decision records."""
    return [p for p in DOCUMENTS if p.parts[:2] == ("docs", "decisions")]


def test_decision_records_are_numbered_and_have_their_four_parts() -> None:
    faults = []
    for path in decisions():
        headings = re.findall(r"^## (.+)$", sources.text(path), re.M)
        if headings != ["Context", "Decision", "Consequences", "Rejected"]:
            faults.append(f"{path}: its parts are {headings}")
        if len(sources.text(path).splitlines()) > 70:
            faults.append(f"{path} is longer than a page")
        if not re.match(rf"# {path.name[:4]} ", sources.text(path)):
            faults.append(f"{path}: the title does not begin with its number")
    numbers = [path.name[:4] for path in decisions()]

    assert faults == []
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]


def test_decisions_that_code_names_are_there() -> None:
    there = {path.name[:4] for path in decisions()}
    named = {
        (str(path), number)
        for path in sources.files()
        if path.suffix in {".py", ".md", ".html"}
        for number in re.findall(r"docs/decisions/(\d{4})", sources.text(path))
    }

    assert sorted(place for place, number in named if number not in there) == []


def test_every_table_and_role_is_in_the_glossary() -> None:
    glossary = sources.text(Path("docs/glossary.md")).lower()

    absent = [role for role in access.ROLES if role.replace("_", " ") not in glossary]

    assert absent == []
