"""Truth tables of the rules of courses."""

from datetime import date

import pytest

from courses import rules
from lms.hookspecs import Requirement

TODAY = date(2026, 11, 21)
WEIGHTS = {"exam": 60, "practical": 25, "quizzes": 15}


def requirement(kind: str, score: float | None = None, *, met: bool = True, **more: object) -> Requirement:
    return Requirement(kind, str(more.pop("key", kind)), "", met, score=score, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("requirements", "score"),
    [
        ([requirement("exam", 80), requirement("practical_task", 60), requirement("quiz", 100)], 78.0),
        (
            [requirement("exam", 80), requirement("quiz", 70), requirement("quiz", 90)],
            80.0,
        ),  # 60 and 15 of 75
        (
            [requirement("practical_task", 60), requirement("practical_task", 80)],
            70.0,
        ),  # only tasks: all of it
        ([requirement("exam", 70), requirement("practical_task", 67.5)], 69.3),  # 69.26… to one decimal
        ([requirement("exam", 69.25)], 69.3),  # half goes up
        ([requirement("reading"), requirement("attendance")], None),  # nothing scored
        ([requirement("exam", None), requirement("quiz", 90)], 90.0),  # an exam without a score is left out
        ([], None),
    ],
)
def test_the_course_score_weighs_exam_tasks_and_quizzes(requirements, score):
    assert rules.course_score(WEIGHTS, requirements) == score


@pytest.mark.parametrize(
    ("points", "accepted"),
    [
        ((3, 3, 3, 3), True),
        ((3, 3, 3, 2), False),  # 11 of 20
        ((0, 5, 5, 5), False),  # against the law, whatever the total
        ((1, 5, 5, 1), True),
        ((5, 5, 2, 0), True),
        ((0, 0, 0, 0), False),
    ],
)
def test_a_practical_task_needs_12_points_and_legality(points, accepted):
    assert rules.rubric_accepted(*points) is accepted


@pytest.mark.parametrize(
    ("present", "days", "percent", "met"),
    [
        (2, 2, 80, True),
        (1, 2, 80, False),  # 80 % of 2 days are 2 days
        (4, 5, 80, True),
        (3, 5, 80, False),
        (0, 2, 0, True),
        (1, 1, 100, True),
    ],
)
def test_attendance_asks_for_a_percentage_of_the_days_rounded_up(present, days, percent, met):
    assert rules.attendance_met(present, days, percent) is met


FULL = rules.Conditions(True, ("PD-LAW",), 12, 5)


def candidate(
    level: int | None = 12,
    entered: date | None = date(2015, 9, 1),
    completed: tuple[str, ...] = ("PD-LAW",),
    **more: bool,
) -> rules.Candidate:
    return rules.Candidate(level, entered, completed, **more)


@pytest.mark.parametrize(
    ("how", "conditions", "who", "names"),
    [
        ("self", FULL, candidate(), []),
        ("self", rules.Conditions(False), candidate(), ["by_others"]),
        ("instructor", rules.Conditions(False), candidate(), []),
        ("self", FULL, candidate(completed=()), ["prerequisites"]),
        ("department", FULL, candidate(completed=()), ["prerequisites"]),  # hold for everybody
        ("self", FULL, candidate(level=11), ["rank"]),
        ("self", FULL, candidate(level=None), ["rank"]),  # no posting known
        ("instructor", FULL, candidate(level=11), ["rank"]),
        ("department", FULL, candidate(level=11, entered=None), []),  # a nomination stands for both
        ("self", FULL, candidate(entered=date(2021, 11, 22)), ["service"]),  # five years tomorrow
        ("self", FULL, candidate(entered=date(2021, 11, 21)), []),  # five years today
        ("self", FULL, candidate(entered=None), ["service"]),
        ("self", FULL, candidate(level=9, entered=None, completed=()), ["prerequisites", "rank", "service"]),
        ("self", FULL, candidate(enrolled=True), ["enrolled"]),
        ("self", FULL, candidate(completed=("LDR-01", "PD-LAW"), enrolled=True), ["completed"]),
        ("department", FULL, candidate(is_officer=False), ["not_an_officer"]),
        ("self", rules.Conditions(), candidate(level=None, entered=None, completed=()), []),
    ],
)
def test_every_reason_against_an_enrolment_is_named(how, conditions, who, names):
    found = rules.refusals("LDR-01", conditions, who, how=how, today=TODAY)

    assert [refusal.name for refusal in found] == names


@pytest.mark.parametrize(
    ("conditions", "who", "needed"),
    [
        (FULL, candidate(), False),
        (FULL, candidate(level=11), True),
        (FULL, candidate(entered=date(2021, 11, 22)), True),  # five years tomorrow
        (FULL, candidate(completed=()), False),  # a nomination does not stand for prerequisites
        (rules.Conditions(), candidate(level=None, entered=None), False),
    ],
)
def test_a_nomination_is_needed_for_rank_and_service_only(conditions, who, needed):
    assert rules.needs_nomination(conditions, who, today=TODAY) is needed


@pytest.mark.parametrize(
    ("entered", "today", "years"),
    [
        (date(2020, 2, 29), date(2021, 2, 28), 0),
        (date(2020, 2, 29), date(2021, 3, 1), 1),
        (date(2020, 11, 21), date(2026, 11, 21), 6),
        (date(2020, 11, 22), date(2026, 11, 21), 5),
    ],
)
def test_service_counts_full_years(entered, today, years):
    assert rules.service_years(entered, today) == years


def test_a_course_is_complete_when_nothing_is_missing():
    met, unmet = requirement("reading", key="a"), requirement("exam", key="b", met=False)

    assert rules.is_complete([met]) is True
    assert rules.is_complete([met, unmet]) is False
    assert rules.is_complete([]) is False


@pytest.mark.parametrize(
    ("met", "total", "percent"), [(0, 3, 0), (1, 3, 33), (199, 200, 99), (3, 3, 100), (0, 0, 0)]
)
def test_percent_done_is_rounded_down(met, total, percent):
    requirements = [requirement("reading", key=str(n), met=n < met) for n in range(total)]

    assert rules.percent_done(requirements) == percent


def test_the_next_step_is_the_first_thing_the_officer_can_do():
    waits = requirement("attendance", key="attendance", met=False, order=5)
    later = requirement("exam", key="exam", met=False, order=9, url="/exam")
    done = requirement("reading", key="reading:M1", order=1, url="/M1")

    assert rules.next_step([later, waits, done]) == later
    assert rules.next_step([waits, done]) == waits  # nothing to do but wait
    assert rules.next_step([done]) is None


@pytest.mark.parametrize(
    ("read", "first"), [((), "a"), (("a",), "b"), (("b",), "a"), (("a", "b", "c"), None), (("z",), "a")]
)
def test_reading_goes_on_at_the_first_unread_section(read, first):
    assert rules.first_unread(("a", "b", "c"), read) == first
