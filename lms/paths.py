"""Where the files are, in a checkout and in an installed wheel.

`templates/` and `migrations/` stand at the top of a checkout and are mapped into `lms/` in the wheel
(docs/decisions/0008).
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parent


def _top_level(name: str) -> Path:
    inside = PACKAGE / name
    return inside if inside.is_dir() else CHECKOUT / name


TEMPLATES = _top_level("templates")
MIGRATIONS = _top_level("migrations")
STATIC = PACKAGE / "static"
FONTS = PACKAGE / "fonts"
TRANSLATIONS = PACKAGE / "translations"
