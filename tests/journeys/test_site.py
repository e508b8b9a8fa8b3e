"""The site runs."""

from urllib.request import urlopen

from tests.journeys.conftest import Site


def test_the_site_answers_with_its_database(site: Site) -> None:
    with urlopen(f"{site.url}/health", timeout=10) as answer:
        assert answer.read() == b'{"status":"ok"}\n'


def test_many_processes_can_post_at_the_same_moment(site: Site) -> None:
    answers = site.post_at_once([("aigul", "/language", {"language": "ru", "next": "/help"})] * 10)

    assert answers == [(302, "/help")] * 10
