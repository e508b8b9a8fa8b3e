"""Persons and places."""

from datetime import date

from flask import Flask

from lms.demo import Cast
from lms.people import queries


def test_an_officer_has_unit_region_and_rank_on_a_day(in_app: Flask, cast: Cast) -> None:
    assert queries.place_of(cast["aigul"], date(2014, 1, 1)) == queries.NOWHERE

    place = queries.place_of(cast["aigul"], date(2026, 11, 21))

    assert None not in (place.unit_id, place.region_id, place.rank_id)
    assert queries.rank_level_of(cast["aigul"], date(2026, 11, 21)) == 12
