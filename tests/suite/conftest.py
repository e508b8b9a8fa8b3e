"""What the tests of the whole share."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from lms.app import create_app
from tests.conftest import BACKENDS
from tests.suite.world import Copies, World


@pytest.fixture(scope="session")
def made_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Return an app whose database nobody asks: for tests that look at what is declared."""
    folder: Path = tmp_path_factory.mktemp("made")
    return create_app({"LMS_ENVIRONMENT": "test", "LMS_INSTANCE_PATH": str(folder)})


@pytest.fixture(scope="session")
def worlds(
    backends: Callable[[str], tuple[Any, Flask]], tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Callable[[str], World]:
    """Return the world of a backend, made when first asked for."""
    made: dict[str, World] = {}

    def get(backend: str) -> World:
        if backend not in made:
            databases, app = backends(backend)
            copies = Copies(app, databases)
            copies.let_go()
            databases.renew()
            made[backend] = World(app, copies, tmp_path_factory.mktemp("packages"), worker_id)
        return made[backend]

    return get


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, worlds: Callable[[str], World]) -> Iterator[World]:
    """Return the world, as it was made."""
    found = worlds(request.param)
    found.restore()
    yield found
    found.copies.let_go()
