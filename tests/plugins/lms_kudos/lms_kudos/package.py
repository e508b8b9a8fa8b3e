"""kudos.txt of a course package: one line, `motto: <words>`."""

from lms.hookspecs import Fault, PackageFiles

NAME = "kudos.txt"
BEGIN = "motto: "


def faults(package: PackageFiles) -> list[Fault]:
    """Return what is wrong with the file; without one there is nothing wrong."""
    if NAME not in package.files or motto(package):
        return []
    return [Fault(NAME, 1, "write `motto:` and the words of thanks")]


def motto(package: PackageFiles) -> str:
    """Return the words, or an empty text."""
    first = package.files.get(NAME, b"").decode().partition("\n")[0]
    return first.removeprefix(BEGIN).strip() if first.startswith(BEGIN) else ""


def written(text: str) -> bytes:
    """Return the file in its canonical form."""
    return f"{BEGIN}{text}\n".encode()
