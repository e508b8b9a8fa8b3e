"""Say which folders make up the wheel; all else stands in pyproject.toml.

`templates/` and `migrations/` stand at the top of a checkout, where people look for them, and inside `lms`
when installed (see `lms/paths.py`). pyproject.toml alone cannot both find packages and move folders.
"""

from setuptools import find_packages, setup

SHIPPED = ["lms", "courses", "assessments", "certificates"]

setup(
    packages=[
        *find_packages(include=[pattern for name in SHIPPED for pattern in (name, f"{name}.*")]),
        "lms.templates",
        "lms.migrations",
    ],
    package_dir={"lms.templates": "templates", "lms.migrations": "migrations"},
    package_data={
        "lms": ["py.typed", "static/**/*", "translations/**/*.mo", "fonts/*", "data/**/*"],
        "lms.accounts": ["common_passwords.txt"],
        "lms.templates": ["**/*"],
        "lms.migrations": ["**/*.py", "**/*.mako"],
        "courses": [f"curriculum/**/*.{ending}" for ending in ("md", "yaml", "png", "jpg", "svg")],
        "*": ["translations/**/*.mo", "static/**/*"],
    },
    include_package_data=False,
)
