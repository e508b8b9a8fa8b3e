"""What the tests of the whole share."""

from pathlib import Path

import pytest
from flask import Flask

from lms.app import create_app


@pytest.fixture(scope="session")
def made_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Return an app whose database nobody asks: for tests that look at what is declared."""
    folder: Path = tmp_path_factory.mktemp("made")
    return create_app({"LMS_ENVIRONMENT": "test", "LMS_INSTANCE_PATH": str(folder)})
