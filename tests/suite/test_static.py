"""Static files and their compressed copies."""

import gzip
from pathlib import Path

import brotli
import pytest
from flask import Flask

from lms import paths
from lms.app import asset

FILES = sorted(path for path in paths.STATIC.iterdir() if path.suffix in {".css", ".js", ".svg"})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_compressed_copies_hold_the_file_as_it_is(path: Path) -> None:
    message = f"{path.name} changed: run `make static`"

    assert brotli.decompress(path.with_name(path.name + ".br").read_bytes()) == path.read_bytes(), message
    assert gzip.decompress(path.with_name(path.name + ".gz").read_bytes()) == path.read_bytes(), message


def test_a_static_file_is_sent_compressed_and_kept_for_ever(app: Flask) -> None:
    with app.test_client().get(asset("app.css"), headers={"Accept-Encoding": "br"}) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Encoding"] == "br"
        assert "immutable" in answer.headers["Cache-Control"]
        assert len(answer.data) == (paths.STATIC / "app.css.br").stat().st_size


def test_search_engines_are_asked_to_stay_away(app: Flask) -> None:
    answer = app.test_client().get("/robots.txt")

    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert answer.text == "User-agent: *\nDisallow: /\n"
