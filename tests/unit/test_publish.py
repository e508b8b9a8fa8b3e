"""Publishing a draft: numbers, whom it reaches, when it is refused."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from courses.actions.packages import (
    MajorNeeded,
    NoteMissing,
    NothingToPublish,
    PrerequisiteUnknown,
    import_package,
    publish,
    review_text,
)
from courses.models import Completion, Course, CourseRevision, Enrolment, ModuleText, TextReview
from courses.package import describe, read_folder
from lms import clock
from lms.audit import AuditEntry
from lms.db import db
from lms.errors import ChangedMeanwhile
from tests.packages import FOLDER, publish_package

MINI = dict(read_folder(FOLDER / "MINI-1").files)


def import_with(name, old, new):
    """Import MINI-1 with words of a file replaced."""
    assert old in MINI[name].decode()
    draft = import_package(
        describe({**MINI, name: MINI[name].decode().replace(old, new, 1).encode()}), actor_id=None
    )
    db.session.commit()
    return draft


def enrol(person_id, revision, **more):
    """Add an enrolment."""
    enrolment = Enrolment(
        officer_id=person_id,
        course_id=revision.course_id,
        course_revision_id=revision.id,
        how="self",
        enrolled_at=clock.now(),
        **more,
    )
    db.session.add(enrolment)
    db.session.flush()
    return enrolment


def complete(enrolment):
    """Add the completion of an enrolment."""
    db.session.add(
        Completion(
            enrolment_id=enrolment.id,
            officer_id=enrolment.officer_id,
            course_id=enrolment.course_id,
            course_revision_id=enrolment.course_revision_id,
            cycle=1,
            completed_at=clock.now(),
            completed_on=clock.today(),
        )
    )
    db.session.flush()


def latest():
    """Return the newest revision."""
    return db.session.scalars(sa.select(CourseRevision).order_by(CourseRevision.id.desc()).limit(1)).one()


@pytest.mark.parametrize("kind", ["minor", "major"])
def test_the_first_publication_is_one_point_nought(in_app, cast, kind):
    draft = import_package(describe(MINI), actor_id=None)

    revision = publish(draft.course_id, kind=kind, note=" First edition ", actor_id=cast["daniyar"])

    assert (revision.id, revision.state, revision.number) == (draft.id, "published", "1.0")
    assert (revision.published_by_id, revision.publication_note) == (cast["daniyar"], "First edition")


@pytest.mark.parametrize(("kind", "number"), [("minor", "1.1"), ("major", "2.0")])
def test_the_next_number_depends_on_the_kind(in_app, kind, number):
    course_id = publish_package("MINI-1")
    import_with("M1/en.md", "three ways", "many ways")

    revision = publish(course_id, kind=kind, note="Words", actor_id=None)

    assert revision.number == number


def test_a_minor_revision_reaches_at_once_those_who_study_the_same_major(in_app, cast):
    course_id = publish_package("MINI-1")
    old = latest()
    studies = enrol(cast["aigul"], old)
    completed = enrol(cast["bakyt"], old)
    complete(completed)
    withdrew = enrol(cast["chinara"], old, withdrawn_at=clock.now())
    import_with("M1/en.md", "three ways", "many ways")

    new = publish(course_id, kind="minor", note="Words", actor_id=None)
    db.session.commit()

    assert [e.course_revision_id for e in (studies, completed, withdrew)] == [new.id, old.id, old.id]
    entry = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.action, entry.before) == ("course.published", {"number": "1.0"})
    assert entry.after == {"number": "1.1", "digest": new.digest, "enrolments_moved": 1}
    assert entry.reason == "Words"


def test_a_minor_revision_does_not_reach_those_on_an_older_major(in_app, cast):
    course_id = publish_package("MINI-1")
    first = latest()
    studies = enrol(cast["aigul"], first)
    import_with("M1/module.yaml", "hours: 2", "hours: 3")
    publish(course_id, kind="major", note="More hours", actor_id=None)
    import_package(
        describe(
            {
                **MINI,
                "M1/module.yaml": MINI["M1/module.yaml"].replace(b"hours: 2", b"hours: 3"),
                "M1/en.md": MINI["M1/en.md"].replace(b"three ways", b"many ways"),
            }
        ),
        actor_id=None,
    )

    revision = publish(course_id, kind="minor", note="Words", actor_id=None)
    db.session.commit()

    assert revision.number == "2.1"
    assert studies.course_revision_id == first.id


def test_a_major_revision_leaves_everybody_where_they_are(in_app, cast):
    course_id = publish_package("MINI-1")
    old = latest()
    studies = enrol(cast["aigul"], old)
    import_with("M1/en.md", "three ways", "many ways")

    publish(course_id, kind="major", note="Words", actor_id=None)
    db.session.commit()

    assert studies.course_revision_id == old.id


def test_a_minor_publication_costs_the_same_for_one_officer_and_for_six(in_app, cast, statements):
    course_id = publish_package("MINI-1")
    enrol(cast["aigul"], latest())
    db.session.commit()
    counted = []

    for round_, people in enumerate([[], ["bakyt", "chinara", "nurbek", "salima", "timur"]]):
        for person in people:
            enrol(cast[person], latest())
        import_with("M1/en.md", "three ways", ["four ways", "five ways"][round_])
        with statements() as ran:
            publish(course_id, kind="minor", note="Words", actor_id=None)
        counted.append(len(ran))
        db.session.commit()

    assert counted[0] == counted[1]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("M1/en.md", "three ways", "many ways"),
        ("M1/ky.md", "үч жол", "көп жол"),
        ("course.yaml", 'en: "Small course"', 'en: "Little course"'),
        ("course.yaml", ', ky: "Чакан курс"', ""),
        ("course.yaml", "self_enrolment: true", "self_enrolment: false"),
        ("M1/module.yaml", "law_checked_on: 2026-11-21", "law_checked_on: 2026-12-01"),
        ("M1/quiz.yaml", "Fear is respect. (1)", "Fear is respect (1)."),
        ("M1/quiz.yaml", "section: roles", "section: days"),
    ],
)
def test_words_may_change_in_a_minor_revision(in_app, name, old, new):
    course_id = publish_package("MINI-1")
    import_with(name, old, new)

    assert publish(course_id, kind="minor", note="Words", actor_id=None).number == "1.1"


@pytest.mark.parametrize(
    ("name", "old", "new", "where"),
    [
        ("course.yaml", "pass_percent: 70, attempts: 2", "pass_percent: 80, attempts: 2", "course.yaml"),
        (
            "course.yaml",
            "attendance: {days: 1, percent: 100}",
            "attendance: {days: 2, percent: 100}",
            "course.yaml",
        ),
        ("M1/module.yaml", "hours: 2", "hours: 3", "M1/module.yaml"),
        ("M1/quiz.yaml", "key: b", "key: c", "M1/quiz.yaml"),
        ("M1/quiz.yaml", "id: m1-1a", "id: m1-1c", "M1/quiz.yaml"),
    ],
)
def test_what_is_asked_changes_only_in_a_major_revision(in_app, name, old, new, where):
    course_id = publish_package("MINI-1")
    import_with(name, old, new)

    with pytest.raises(MajorNeeded) as refused:
        publish(course_id, kind="minor", note="Words", actor_id=None)
    db.session.rollback()

    assert where in str(refused.value.advice)
    assert publish(course_id, kind="major", note="Words", actor_id=None).number == "2.0"


def test_a_new_section_needs_a_major_revision(in_app):
    course_id = publish_package("MINI-1")
    more = {
        f"M1/{language}.md": MINI[f"M1/{language}.md"] + b"\n## New {#new}\n\nText.\n"
        for language in ("en", "ru", "ky")
    }
    import_package(describe({**MINI, **more}), actor_id=None)

    with pytest.raises(MajorNeeded):
        publish(course_id, kind="minor", note="Words", actor_id=None)


def test_without_a_draft_nothing_is_published(in_app):
    course_id = publish_package("MINI-1")

    with pytest.raises(NothingToPublish):
        publish(course_id, kind="major", note="Words", actor_id=None)


def test_a_draft_that_was_taken_back_is_not_published(in_app):
    course_id = publish_package("MINI-1")
    import_with("M1/en.md", "three ways", "many ways")
    import_package(describe(MINI), actor_id=None)

    with pytest.raises(NothingToPublish):
        publish(course_id, kind="major", note="Words", actor_id=None)


def test_a_publication_needs_a_note(in_app):
    draft = import_package(describe(MINI), actor_id=None)

    with pytest.raises(NoteMissing):
        publish(draft.course_id, kind="major", note="  ", actor_id=None)


def test_another_draft_than_the_one_looked_at_is_not_published(in_app):
    draft = import_package(describe(MINI), actor_id=None)

    with pytest.raises(ChangedMeanwhile):
        publish(draft.course_id, kind="major", note="Words", actor_id=None, digest="another")


def test_a_course_before_this_one_must_be_published(in_app):
    draft = import_with("course.yaml", "prerequisites: []", "prerequisites: [MINI-2]")
    with pytest.raises(PrerequisiteUnknown):
        publish(draft.course_id, kind="major", note="Words", actor_id=None)
    db.session.rollback()

    publish_package("MINI-2")

    assert publish(draft.course_id, kind="major", note="Words", actor_id=None).number == "1.0"


def test_two_who_publish_at_once_publish_once(app, cast):
    with app.app_context():
        course_id = publish_package("MINI-1")
        import_with("M1/en.md", "three ways", "many ways")
    start = threading.Barrier(4)
    answers = []

    def press():
        with app.app_context():
            start.wait()
            try:
                answers.append(
                    publish(course_id, kind="minor", note="Words", actor_id=cast["daniyar"]).number
                )
                db.session.commit()
            except NothingToPublish:
                db.session.rollback()
                answers.append("nothing")

    threads = [threading.Thread(target=press) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == ["1.1", "nothing", "nothing", "nothing"]
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(CourseRevision)) == 2


def test_two_who_import_a_new_course_at_once_make_one(app):
    start = threading.Barrier(3)
    failures = []

    def drop_in():
        with app.app_context():
            start.wait()
            try:
                import_package(read_folder(FOLDER / "MINI-2"), actor_id=None)
                db.session.commit()
            except Exception as error:  # whatever a thread meets must fail the test
                failures.append(error)

    threads = [threading.Thread(target=drop_in) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    with app.app_context():
        counts = [
            db.session.scalar(sa.select(sa.func.count()).select_from(model))
            for model in (Course, CourseRevision, ModuleText)
        ]
    assert counts == [1, 1, 3]


def test_a_review_is_kept_once_and_audited(in_app, cast):
    publish_package("MINI-1")
    text = db.session.scalars(sa.select(ModuleText).filter_by(language="ru").limit(1)).one()

    for _click in range(2):
        review_text(text, source_digest=text.source_digest, actor_id=cast["daniyar"])
        db.session.commit()

    reviews = db.session.scalars(sa.select(TextReview)).all()
    assert [(r.text_digest, r.source_digest, r.reviewed_by_id) for r in reviews] == [
        (text.digest, text.source_digest, cast["daniyar"])
    ]
    assert reviews[0].reviewed_at <= clock.now() + timedelta(seconds=1)
    audited = sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action == "text.reviewed")
    assert db.session.scalar(audited) == 1
