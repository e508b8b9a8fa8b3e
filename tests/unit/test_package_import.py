"""Importing a package and publishing it."""

import pytest
import sqlalchemy as sa

from courses.actions.packages import import_package
from courses.models import CourseRevision
from courses.package import read_folder
from courses.queries.packages import files_of
from lms.db import db
from tests.packages import FOLDER, publish_package


def test_importing_the_same_package_twice_changes_nothing(in_app):
    first = import_package(read_folder(FOLDER / "MINI-1"), actor_id=None)
    db.session.commit()
    imported_at = first.imported_at

    second = import_package(read_folder(FOLDER / "MINI-1"), actor_id=None)
    db.session.commit()

    assert (second.id, second.imported_at) == (first.id, imported_at)


@pytest.mark.parametrize("name", ["MINI-1", "MINI-2"])
def test_what_is_exported_is_what_was_imported_byte_for_byte(in_app, name):
    publish_package(name)
    revision = db.session.scalars(sa.select(CourseRevision)).one()

    files = files_of(revision.id)

    assert files == dict(read_folder(FOLDER / name).files)
