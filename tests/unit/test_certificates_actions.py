"""Issue, revoke and reissue: once, in the completing transaction, numbered without gaps, never deleted."""

import threading
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from certificates import actions, queries, rules
from certificates.models import Certificate, CertificateFile, SerialCounter
from courses.models import Completion
from lms.audit import AuditEntry
from lms.db import db, own_transaction
from lms.people.models import Person
from tests.unit.certificate_cases import THE_DAY, TITLES, add_course, certificates, complete

POLICY = {"validity_months": 60}


def audited(action: str) -> list[AuditEntry]:
    """Return the entries of an action."""
    return list(
        db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id))
    )


def test_a_completion_gives_a_certificate_with_a_snapshot_of_the_day(in_app, cast):
    revision_id = add_course("LDR-01", POLICY)

    completion_id = complete(cast["aigul"], revision_id)

    (certificate,) = certificates()
    assert certificate.serial == "LDR-01-2026-00001"
    assert (certificate.completion_id, certificate.officer_id, certificate.cycle) == (
        completion_id,
        cast["aigul"],
        1,
    )
    assert (certificate.issued_on, certificate.expires_on) == (THE_DAY, date(2031, 11, 21))
    assert rules.normalise_code(certificate.verification_code) == certificate.verification_code
    assert certificate.snapshot == {
        "name": "Асанова Айгүл Токтогуловна",
        "latin_name": "",
        "sex": "f",
        "course_code": "LDR-01",
        "title": TITLES["LDR-01"],
        "summary": {"ky": "", "ru": "", "en": ""},
        "hours": {"online": 32, "face_to_face": 16},
        "score": 91.4,
        "revision": "1.0",
        "completed_on": "2026-11-21",
        "unit": {"ky": "Өзгөн РИИБ", "ru": "РОВД Узгенского района", "en": "Uzgen district department"},
        "region": {"ky": "Ош облусу", "ru": "Ошская область", "en": "Osh Region"},
        "template": 1,
    }
    (entry,) = audited("certificate.issued")
    assert (entry.subject_id, entry.person_id, entry.actor_id) == (str(certificate.id), cast["aigul"], None)
    assert entry.after["serial"] == "LDR-01-2026-00001"


def test_a_course_without_a_certificate_gives_none(in_app, cast):
    revision_id = add_course("LDR-01", None)

    complete(cast["aigul"], revision_id)

    assert certificates() == []
    assert db.session.scalars(sa.select(SerialCounter)).all() == []


@pytest.mark.parametrize("policy", [{"validity_months": 0}, {}])
def test_validity_of_no_months_is_for_ever(in_app, cast, policy):
    complete(cast["aigul"], add_course("LDR-01", policy))

    assert [certificate.expires_on for certificate in certificates()] == [None]


def test_an_officer_without_a_posting_is_certified_under_central(in_app, cast):
    complete(cast["farida"], add_course("LDR-01", POLICY))

    (certificate,) = certificates()
    assert (certificate.snapshot["unit"], certificate.snapshot["region"]) == ({}, {})


def test_telling_twice_of_one_completion_gives_one_certificate(in_app, cast):
    completion_id = complete(cast["aigul"], add_course("LDR-01", POLICY))

    again = actions.issue(completion_id)

    assert [again] == certificates()
    assert db.session.scalar(sa.select(SerialCounter.last)) == 1
    assert len(audited("certificate.issued")) == 1


def test_a_rolled_back_completion_leaves_nothing_and_takes_no_number(in_app, cast):
    revision_id = add_course("LDR-01", POLICY)
    complete(cast["aigul"], revision_id)
    db.session.commit()

    complete(cast["bakyt"], revision_id)
    db.session.rollback()

    assert [certificate.officer_id for certificate in certificates()] == [cast["aigul"]]
    assert len(audited("certificate.issued")) == 1
    complete(cast["chinara"], revision_id)
    assert [certificate.serial for certificate in certificates()] == [
        "LDR-01-2026-00001",
        "LDR-01-2026-00002",
    ]


def test_numbers_run_per_course_and_year(in_app, cast):
    leadership, law = add_course("LDR-01", POLICY), add_course("PD-LAW", POLICY)

    complete(cast["aigul"], leadership)
    complete(cast["bakyt"], leadership)
    complete(cast["aigul"], law)
    complete(cast["chinara"], leadership, day=date(2027, 1, 2))

    assert [certificate.serial for certificate in certificates()] == [
        "LDR-01-2026-00001",
        "LDR-01-2026-00002",
        "PD-LAW-2026-00001",
        "LDR-01-2027-00001",
    ]


def test_completions_at_the_same_time_get_numbers_without_gaps(app, cast):
    with app.app_context():
        revision_id = add_course("LDR-01", POLICY)
        db.session.commit()
    people = ["aigul", "bakyt", "chinara", "nurbek", "salima", "timur"]
    start = threading.Barrier(len(people))
    failures: list[BaseException] = []

    def run(key: str) -> None:
        with app.app_context():
            try:
                start.wait()
                complete(cast[key], revision_id)
                if key == "nurbek":
                    db.session.rollback()
                else:
                    db.session.commit()
            except BaseException as error:
                failures.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(key,)) for key in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    with app.app_context():
        assert sorted(certificate.running_number for certificate in certificates()) == [1, 2, 3, 4, 5]
        assert db.session.scalar(sa.select(SerialCounter.last)) == 5


def test_the_same_completion_told_at_the_same_time_gives_one_certificate(app, cast):
    with app.app_context():
        completion_id = complete(cast["aigul"], add_course("LDR-01", POLICY), tell=False)
        db.session.commit()
    start = threading.Barrier(4)
    serials: list[str] = []

    def run() -> None:
        with app.app_context():
            start.wait()
            certificate = actions.issue(completion_id)
            assert certificate is not None
            db.session.commit()
            serials.append(certificate.serial)
            db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert serials == ["LDR-01-2026-00001"] * 4
    with app.app_context():
        assert len(certificates()) == 1
        assert db.session.scalar(sa.select(SerialCounter.last)) == 1
        assert len(audited("certificate.issued")) == 1


def test_the_database_refuses_a_second_certificate_of_a_completion(in_app, cast):
    complete(cast["aigul"], add_course("LDR-01", POLICY))
    (first,) = certificates()
    course = db.session.get_one(actions.Course, first.course_id)

    with pytest.raises(IntegrityError):
        actions._add(
            actions._Number(course, 2026),
            officer_id=first.officer_id,
            completion_id=first.completion_id,
            cycle=2,
            issued_on=THE_DAY,
            expires_on=None,
            snapshot=first.snapshot,
        )


def test_a_revoked_certificate_keeps_its_facts_and_says_why(in_app, cast):
    complete(cast["aigul"], add_course("LDR-01", POLICY))
    (certificate,) = certificates()

    actions.revoke(certificate, actor_id=cast["gulnara"], reason="Экзамен сдан другим лицом")
    db.session.flush()

    standing = queries.standing_of(certificate)
    assert rules.state_on(standing, THE_DAY) == rules.State.REVOKED
    assert certificate.revocation_reason == "Экзамен сдан другим лицом"
    (entry,) = audited("certificate.revoked")
    assert (entry.actor_id, entry.person_id, entry.reason) == (
        cast["gulnara"],
        cast["aigul"],
        "Экзамен сдан другим лицом",
    )
    with pytest.raises(actions.NotInForce):
        actions.revoke(certificate, actor_id=cast["gulnara"], reason="Ещё раз, по ошибке")


def rename(person_id: int, family_name: str) -> None:
    """Give a person another family name."""
    person = db.session.get_one(Person, person_id)
    person.family_name = family_name
    db.session.flush()


def test_a_corrected_name_gives_a_new_certificate_that_replaces_the_old(in_app, cast):
    complete(cast["aigul"], add_course("LDR-01", POLICY))
    (old,) = certificates()
    rename(cast["aigul"], "Токтогулова")

    new = actions.reissue(old, actor_id=cast["gulnara"], reason="Сменила фамилию")

    assert (new.replaces_id, new.completion_id, new.cycle) == (old.id, old.completion_id, 1)
    assert new.snapshot["name"] == "Токтогулова Айгүл Токтогуловна"
    assert new.snapshot["replaces"] == old.serial
    assert old.snapshot["name"] == "Асанова Айгүл Токтогуловна"
    assert (new.snapshot["score"], new.snapshot["completed_on"]) == (91.4, "2026-11-21")
    assert new.expires_on == old.expires_on
    assert new.verification_code != old.verification_code
    assert rules.state_on(queries.standing_of(old), THE_DAY) == rules.State.SUPERSEDED
    assert rules.state_on(queries.standing_of(new), THE_DAY) == rules.State.VALID
    (entry,) = audited("certificate.reissued")
    assert (entry.before["serial"], entry.after["serial"]) == (old.serial, new.serial)


def test_a_revocation_by_mistake_is_mended_by_issuing_anew(in_app, cast):
    complete(cast["aigul"], add_course("LDR-01", POLICY))
    (old,) = certificates()
    actions.revoke(old, actor_id=cast["gulnara"], reason="По ошибке не та запись")

    new = actions.reissue(old, actor_id=cast["gulnara"], reason="Отзыв был ошибкой")

    assert new.snapshot["name"] == old.snapshot["name"]
    assert queries.own_in_force(cast["aigul"], 10) == [new]
    with pytest.raises(actions.NothingToCorrect):
        actions.reissue(old, actor_id=cast["gulnara"], reason="Ещё раз, по ошибке")


def test_nothing_is_issued_anew_without_a_cause(in_app, cast):
    complete(cast["aigul"], add_course("LDR-01", POLICY))
    (certificate,) = certificates()

    with pytest.raises(actions.NothingToCorrect):
        actions.reissue(certificate, actor_id=cast["gulnara"], reason="Просто так, без причины")


def test_a_file_is_drawn_once_and_the_loser_of_a_race_gets_the_winner_s_bytes(in_app, cast):
    complete(cast["aigul"], add_course("LDR-01", POLICY))
    db.session.commit()
    (certificate,) = certificates()
    drawn = []

    def draw_while_another_is_quicker(found: Certificate, language: str) -> bytes:
        certificate_id = found.id
        with own_transaction() as session:
            session.add(
                CertificateFile(
                    certificate_id=certificate_id,
                    language=language,
                    sha256="0" * 64,
                    rendered_at=datetime(2026, 11, 21, tzinfo=UTC),
                    content=b"the winner's",
                )
            )
        drawn.append(language)
        return b"the loser's"

    first = actions.keep_file(certificate, "ky-ru", draw_while_another_is_quicker)
    second = actions.keep_file(certificate, "ky-ru", draw_while_another_is_quicker)

    assert (first, second) == (b"the winner's", b"the winner's")
    assert drawn == ["ky-ru"]


def test_a_revoked_certificate_is_not_printed_any_more(in_app, cast):
    complete(cast["aigul"], add_course("LDR-01", POLICY))
    (certificate,) = certificates()
    actions.revoke(certificate, actor_id=cast["gulnara"], reason="Экзамен сдан другим лицом")
    db.session.commit()

    with pytest.raises(actions.NothingPrinted):
        actions.keep_file(certificate, "en", lambda *_: b"")


FORBIDDEN = (
    "DELETE FROM certificate",
    "UPDATE certificate SET serial = 'X'",
    "UPDATE certificate SET verification_code = 'X'",
    "UPDATE certificate SET officer_id = officer_id + 1",
    "UPDATE certificate SET expires_on = '2099-01-01'",
    "UPDATE certificate SET expires_on = NULL",
    "UPDATE certificate SET issued_on = '2020-01-01'",
    "UPDATE certificate SET snapshot = '{}'",
    "UPDATE certificate SET replaces_id = id",
    "UPDATE certificate SET revoked_at = NULL, revocation_reason = NULL",
    "UPDATE certificate SET revocation_reason = 'another'",
    "DELETE FROM certificate_file",
    "UPDATE certificate_file SET sha256 = 'X'",
)


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_database_refuses_to_change_or_delete_what_was_issued(in_app, cast, statement):
    complete(cast["aigul"], add_course("LDR-01", POLICY))
    (certificate,) = certificates()
    actions.revoke(certificate, actor_id=cast["gulnara"], reason="Экзамен сдан другим лицом")
    db.session.add(
        CertificateFile(
            certificate_id=certificate.id,
            language="en",
            sha256="0" * 64,
            rendered_at=datetime(2026, 11, 21, tzinfo=UTC),
            content=b"x",
        )
    )
    db.session.commit()

    with pytest.raises(DBAPIError, match=r"never|append-only"):
        db.session.execute(sa.text(statement))


@pytest.mark.parametrize("statement", ["TRUNCATE certificate CASCADE", "TRUNCATE certificate_file"])
def test_postgresql_refuses_to_empty_the_tables(in_app, cast, statement):
    if db.engine.dialect.name == "sqlite":
        statement = statement.replace("TRUNCATE", "DELETE FROM").removesuffix(" CASCADE")
        complete(cast["aigul"], add_course("LDR-01", POLICY))
        (certificate,) = certificates()
        db.session.add(
            CertificateFile(
                certificate_id=certificate.id,
                language="en",
                sha256="0" * 64,
                rendered_at=datetime(2026, 11, 21, tzinfo=UTC),
                content=b"x",
            )
        )
        db.session.commit()

    with pytest.raises(DBAPIError, match=r"never|append-only"):
        db.session.execute(sa.text(statement))


def test_a_completion_stays_when_its_certificate_is_revoked(in_app, cast):
    completion_id = complete(cast["aigul"], add_course("LDR-01", POLICY))
    (certificate,) = certificates()

    actions.revoke(certificate, actor_id=cast["gulnara"], reason="Экзамен сдан другим лицом")
    db.session.flush()

    assert db.session.get(Completion, completion_id) is not None
