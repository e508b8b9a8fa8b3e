"""What holds for every file of the suite. A failure names the place and says what to do."""

import ast
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment, nodes

from lms import access, audit_labels, hookspecs
from lms.app import create_app
from tests.suite import sources

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
MOST_LINES = 400
# Long on purpose, each with its reason. The list is short and gets shorter.
LONG_FILES: dict[str, str] = {}


def hook_names() -> list[str]:
    """Return the names of the hooks."""
    return [name for name in vars(hookspecs.Hooks) if not name.startswith("_")]


def test_imports_go_down_the_ladder() -> None:
    code = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"

    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=sources.ROOT, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_route_declares_who_may_call_it(made_app: Flask) -> None:
    known = {access.PUBLIC, access.SIGNED_IN} | {
        p.name for p in access.permissions(made_app.extensions["lms"])
    }

    faults = []
    for endpoint, view in made_app.view_functions.items():
        declared = access.declared(made_app, endpoint)
        if declared is None:
            faults.append(
                f"{view.__module__}::{view.__name__} has no @access(...); add one, or @access(PUBLIC)"
            )
        elif declared not in known:
            faults.append(
                f"{view.__module__}::{view.__name__}: no manifest declares the permission {declared}"
            )

    assert sources.said(faults) == ""


def test_every_permission_is_asked_for(made_app: Flask) -> None:
    asked = {access.declared(made_app, endpoint) for endpoint in made_app.view_functions}
    asked |= {
        report.permission for manifest in made_app.extensions["lms"].manifests for report in manifest.reports
    }
    texts = "".join(sources.text(path) for path in sources.shipped_python() + sources.templates())

    faults = []
    for permission in access.permissions(made_app.extensions["lms"]):
        used = permission.name in asked or re.search(
            rf"may\(\s*['\"]{re.escape(permission.name)}['\"]", texts
        )
        if not used:
            faults.append(f"The permission {permission.name} guards nothing; use it or take it out.")

    assert sources.said(faults) == ""


def may_commit(function: ast.FunctionDef | ast.AsyncFunctionDef, path: Path) -> bool:
    """Say whether a function is a route with an unsafe method, a command or a job."""
    for decorator in function.decorator_list:
        name = sources.dotted(decorator).removesuffix("()").rpartition(".")[2]
        if name in {"post", "put", "patch", "delete", "command", "job"}:
            return True
        if name == "route" and isinstance(decorator, ast.Call):
            for keyword in decorator.keywords:
                if keyword.arg == "methods":
                    return any(
                        isinstance(item, ast.Constant) and item.value in UNSAFE
                        for item in ast.walk(keyword.value)
                    )
    return False


def test_only_unsafe_routes_commands_and_jobs_commit() -> None:
    faults = []
    for path in sources.shipped_python():
        allowed: set[int] = set()
        for function in sources.functions(path):
            if may_commit(function, path):
                allowed |= {id(call) for _name, call in sources.calls(function)}
        for name, call in sources.calls(sources.tree(path)):
            if name.rpartition(".")[2] == "commit" and id(call) not in allowed:
                faults.append(
                    f"{path}:{call.lineno} commits; only a POST route, a command or a job does, as its last line"
                    " (a write that belongs to a read goes through own_transaction())"
                )

    assert sources.said(faults) == ""


def test_transactions_of_their_own_are_begun_in_one_place() -> None:
    faults = []
    for path in sources.shipped_python():
        for name, call in sources.calls(sources.tree(path)):
            if path != Path("lms/db.py") and name.rpartition(".")[2] == "begin":
                faults.append(f"{path}:{call.lineno} begins a transaction; use lms.db.own_transaction()")

    assert sources.said(faults) == ""


CLOCKS = re.compile(
    r"(^|\.)((datetime|date|dt)\.(now|utcnow|today|utcfromtimestamp)"
    r"|time\.(time|time_ns|localtime|gmtime|strftime|ctime)|func\.(now|current_\w+|localtime\w*))$"
)


def test_only_lms_clock_reads_the_clock() -> None:
    faults = []
    for path in sources.shipped_python() + sources.migrations():
        if path == Path("lms/clock.py"):
            continue
        for node in ast.walk(sources.tree(path)):
            if isinstance(node, ast.Attribute) and CLOCKS.search(sources.dotted(node)):
                faults.append(f"{path}:{node.lineno} reads the clock; use lms.clock.now() or today()")
            if isinstance(node, ast.ImportFrom) and node.module == "time":
                names = {alias.name for alias in node.names} & {"time", "time_ns", "localtime", "gmtime"}
                if names:
                    faults.append(f"{path}:{node.lineno} imports {names} of time; use lms.clock")

    assert sources.said(faults) == ""


RULES_TAKE = ("db.session", "clock.", "request", "session", "current_user", "current_app", "g.")


def test_rules_know_no_session_request_or_clock() -> None:
    faults = []
    for path in sources.shipped_python():
        if path.stem != "rules" and "rules" not in path.parts:
            continue
        for node in ast.walk(sources.tree(path)):
            modules: list[str] = []
            if isinstance(node, ast.ImportFrom):
                modules = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            for module in modules:
                if module.startswith(
                    ("flask.", "flask_login", "sqlalchemy", "lms.db", "lms.clock")
                ) or module in {
                    "flask",
                    "time",
                }:
                    faults.append(
                        f"{path}:{node.lineno} imports {module}; facts and `now` are passed to rules"
                    )

    assert sources.said(faults) == ""


def test_only_the_markdown_and_rendered_templates_are_trusted_as_html() -> None:
    trusted = {
        Path("lms/markdown.py"): "sanitised by nh3",
    }
    faults = []
    for path in sources.shipped_python():
        for name, call in sources.calls(sources.tree(path)):
            if name.rpartition(".")[2] != "Markup" or path in trusted:
                continue
            argument = sources.dotted(call.args[0]) if call.args else ""
            if not argument.rpartition(".")[2].startswith("render_template"):
                faults.append(f"{path}:{call.lineno} trusts a text as HTML; render a template instead")

    assert sources.said(faults) == ""


TEMPLATE_FAULTS = (
    (
        re.compile(r"\|\s*safe\b"),
        "trusts a text as HTML (|safe); give it as Markup from lms.markdown or a template",
    ),
    (re.compile(r"autoescape\s+false", re.I), "turns escaping off"),
    (re.compile(r"<style\b", re.I), "holds a <style>; the CSP drops it, use lms/static/src/app.scss"),
    (re.compile(r"<[^>{]*\sstyle\s*=", re.I), "holds an inline style; the CSP drops it, use a class"),
    (
        re.compile(r"<script\b(?![^>]*\ssrc=)", re.I),
        "holds an inline script; the CSP drops it, use lms/static",
    ),
    (
        re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.I),
        "holds an on…= handler; the CSP drops it, use lms/static",
    ),
    (re.compile(r"javascript:", re.I), "holds a javascript: address"),
    (re.compile(r"(src|href|action)\s*=\s*[\"']?(https?:)?//", re.I), "names another origin"),
)


def test_templates_hold_nothing_the_content_policy_drops() -> None:
    faults = []
    for path in sources.templates():
        # A document for the PDF maker is no page: its style sheet stands in it.
        rules = TEMPLATE_FAULTS[:2] if "pdf" in path.stem else TEMPLATE_FAULTS
        for expression, fault in rules:
            for match in expression.finditer(sources.text(path)):
                line = sources.text(path)[: match.start()].count("\n") + 1
                faults.append(f"{path}:{line} {fault}")

    assert sources.said(faults) == ""


def test_no_file_is_too_long_to_read() -> None:
    faults = []
    for path in sources.shipped_python():
        lines = sources.lines_of_code(path)
        if lines > MOST_LINES and str(path) not in LONG_FILES:
            faults.append(f"{path} has {lines} lines of code; split it by audience or noun")
        if lines <= MOST_LINES and str(path) in LONG_FILES:
            faults.append(f"{path} is short again; take it out of LONG_FILES")

    assert sources.said(faults) == ""


def test_no_file_is_named_after_nothing() -> None:
    empty_names = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}

    found = [str(path) for path in sources.shipped_python() if path.stem in empty_names]

    assert found == []


def test_an_import_inside_a_function_says_why() -> None:
    faults = []
    for path in sources.shipped_python():
        lines = sources.text(path).splitlines()
        for function in sources.functions(path):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    written = "\n".join(lines[node.lineno - 1 : node.end_lineno])
                    if "#" not in written:
                        faults.append(
                            f"{path}:{node.lineno} imports inside a function; say why in a comment after it"
                        )

    assert sources.said(faults) == ""


def test_nothing_swallows_every_exception() -> None:
    faults = []
    for path in sources.shipped_python():
        for node in ast.walk(sources.tree(path)):
            if isinstance(node, ast.ExceptHandler):
                name = "" if node.type is None else sources.dotted(node.type)
                raises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
                if (
                    name in {"", "Exception", "BaseException"}
                    and node.type.__class__ is not ast.Tuple
                    and not raises
                ):
                    faults.append(
                        f"{path}:{node.lineno} catches everything; name what is expected, let bugs be bugs"
                    )

    assert sources.said(faults) == ""


def callers(name: str) -> list[str]:
    """Return where our code calls a hook."""
    found = []
    for path in sources.shipped_python():
        for called, call in sources.calls(sources.tree(path)):
            if re.search(rf"(hooks\(\)|\.hook|\bhook|\bhooks)\.{name}(\.get_hookimpls)?$", called):
                found.append(f"{path}:{call.lineno}")
    return found


@pytest.mark.parametrize("name", hook_names())
def test_a_hook_is_documented_used_and_tested(name: str) -> None:
    documented = f"## {name}\n" in sources.text(Path("docs/hooks.md"))
    tests = [p for p in sources.files() if p.parts[0] == "tests" and p.name.startswith("test_")]
    tested = [path for path in tests if re.search(rf"\b{name}\b", sources.text(path))]

    assert documented, f"describe the hook in docs/hooks.md under '## {name}'"
    assert callers(name), f"nothing of ours calls the hook {name}: a hook needs a first-party user"
    assert tested, f"no test names the hook {name}"


def test_a_plug_in_implements_no_hook_that_is_not_there(made_app: Flask) -> None:
    manager = made_app.extensions["lms"].manager

    unknown = [
        f"{plugin.__name__}::{name}"
        for plugin in manager.get_plugins()
        for name in dir(plugin)
        if manager.parse_hookimpl_opts(plugin, name) is not None and name not in hook_names()
    ]

    assert unknown == []


def test_every_entry_of_the_audit_trail_is_called_something_by_its_readers(made_app: Flask) -> None:
    labels = {name for manifest in made_app.extensions["lms"].manifests for name in manifest.audit_labels}
    labels |= set(audit_labels.ACTIONS)

    faults = []
    for path in sources.shipped_python():
        for name, call in sources.calls(sources.tree(path)):
            first = call.args[0] if name == "audit.record" and call.args else None
            if isinstance(first, ast.Constant) and first.value not in labels:
                faults.append(
                    f"{path}:{call.lineno} records {first.value}; add it to audit_labels of the manifest"
                )

    assert sources.said(faults) == ""


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_a_lock_file_holds_hashes_and_no_address(name: str) -> None:
    lock = sources.text(Path(name))
    entries = re.findall(r"^[a-z0-9][^\s=]*==\S+.*?(?=^\S|\Z)", lock, re.M | re.S | re.I)

    assert re.findall(r"https?:|index-url|find-links|\bgit\+|@ file", lock) == []
    assert [entry.split("==")[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert len(entries) > 20


def test_no_file_names_a_package_registry() -> None:
    registries = re.compile(rb"(pypi\.org|pythonhosted|registry\.npmjs|files\.pypi|proxy\.golang)")
    # This file names them to look for them.
    others = [path for path in sources.files() if path.name != Path(__file__).name]

    found = [str(path) for path in others if registries.search((sources.ROOT / path).read_bytes())]

    assert found == []


def _glob_of(node: ast.AST | nodes.Node) -> str | None:
    """Return a name with `*` for what is only known at run time, of a Python or a Jinja expression."""
    if isinstance(node, ast.Constant | nodes.Const):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else "*" for v in node.values)
    if isinstance(node, nodes.TemplateData):
        return node.data
    if isinstance(node, nodes.Concat):
        return "".join(_glob_of(part) or "*" for part in node.nodes)
    return None


def template_references() -> dict[str, str]:
    """Return every template name that code or templates mention (with `*` for unknown parts), and where."""
    found: dict[str, str] = {}
    for path in sources.shipped_python():
        for node in ast.walk(sources.tree(path)):
            if isinstance(node, ast.Constant | ast.JoinedStr):
                name = _glob_of(node)
                if name and re.fullmatch(r"[\w*.-][\w*./-]*\.(html|txt)", name) and "/" in name:
                    found.setdefault(name, f"{path}:{node.lineno}")
    environment = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    kinds = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
    for path in sources.templates():
        for node in environment.parse(sources.text(path)).find_all(kinds):
            name = _glob_of(node.template)
            if name:
                found.setdefault(name, f"{path}:{node.lineno}")
    return found


def test_every_template_is_used_and_every_used_one_exists() -> None:
    present = {str(path.relative_to("templates")) for path in sources.templates()}
    references = template_references()

    unused = [name for name in present if not any(fnmatch(name, reference) for reference in references)]
    absent = [
        f"{where}: {reference}"
        for reference, where in references.items()
        if not any(fnmatch(name, reference) for name in present)
    ]

    assert sorted(unused) == [], "delete templates that nothing shows"
    assert sorted(absent) == []


def test_no_two_apps_share_plug_ins(made_app: Flask) -> None:
    environ = {"LMS_ENVIRONMENT": "test", "LMS_INSTANCE_PATH": made_app.instance_path}
    alone = create_app({**environ, "LMS_PLUGINS_OFF": "courses,assessments,certificates"})

    names = [manifest.name for manifest in alone.extensions["lms"].manifests]

    assert names == []
    assert [m.name for m in made_app.extensions["lms"].manifests] == [
        "courses",
        "assessments",
        "certificates",
    ]
