"""The files of the project, as the tests of the whole read them."""

import ast
import importlib.util
import io
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {
    "instance",
    "build",
    "dist",
    "__pycache__",
    ".venv",
    ".venv-dev",
    ".mypy_cache",
    ".pytest_cache",
} | {
    ".ruff_cache",
    ".import_linter_cache",
    ".hypothesis",
}
SHIPPED = ("lms", "courses", "assessments", "certificates")


@cache
def files() -> tuple[Path, ...]:
    """Return every file that is or will be under version control, relative to the checkout."""
    if not (ROOT / ".git").exists():  # an unpacked archive
        return tuple(
            sorted(
                path.relative_to(ROOT)
                for path in ROOT.rglob("*")
                if path.is_file() and not NOT_OURS & set(path.relative_to(ROOT).parts)
            )
        )
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return tuple(sorted(Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()))


def shipped_python() -> list[Path]:
    """Return the Python files of the wheel; the migrations are not among them."""
    return [path for path in files() if path.parts[0] in SHIPPED and path.suffix == ".py"]


def migrations() -> list[Path]:
    """Return the migrations."""
    return [path for path in files() if path.parts[0] == "migrations" and path.suffix == ".py"]


def templates() -> list[Path]:
    """Return the Jinja templates."""
    return [path for path in files() if path.parts[0] == "templates" and path.suffix in {".html", ".txt"}]


@cache
def text(path: Path) -> str:
    """Return what a file says."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    """Return a Python file, parsed."""
    return ast.parse(text(path), str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Give every function of a file, also methods and inner ones."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def dotted(node: ast.AST) -> str:
    """Return `a.b().c` of an expression; parts that are neither names nor attributes are left out."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return f"{dotted(node.func)}()"
    return ""


def calls(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Give every call below a node with the dotted name of what is called."""
    for found in ast.walk(node):
        if isinstance(found, ast.Call):
            yield dotted(found.func), found


def lines_of_code(path: Path) -> int:
    """Count the lines that hold code: not blank ones, comments and docstrings."""
    docstrings = set()
    for node in ast.walk(tree(path)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            docstrings.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    silent = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text(path)).readline):
        if token.type not in silent:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - docstrings)


def script(name: str) -> ModuleType:
    """Import a file of scripts/, which is no package."""
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def said(faults: Iterable[str | None]) -> str:
    """Return faults as lines, each once, for an assertion that compares with nothing."""
    return "\n".join(sorted({fault for fault in faults if fault}))
