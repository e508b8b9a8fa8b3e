"""Packages for tests.

MINI-1 has all that a course can have: two modules of two sections in three languages, a picture, a question of every
type, a final exam, a practical task, a day of attendance and a certificate. MINI-2 has one section to read and asks
for nothing else.
"""

from pathlib import Path

from courses.actions.packages import import_package, publish
from courses.package import read_folder
from lms.db import db

FOLDER = Path(__file__).parent


def publish_package(name: str) -> int:
    """Import and publish a package of this folder as revision 1.0, commit; return the id of the course.

    Needs an app context.
    """
    draft = import_package(read_folder(FOLDER / name), actor_id=None)
    revision = publish(draft.course_id, kind="major", note="First edition", actor_id=None)
    db.session.commit()
    return revision.course_id
