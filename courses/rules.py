"""The rules of courses as functions of values: enrolment, rubric, attendance, course score, what is missing.

Sources: curriculum 0.5 (default assessment policy) and 0.6 (common rubric).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from lms.hookspecs import Requirement

RUBRIC_PASS_POINTS = 12  # of 20
RUBRIC_MAXIMUM = 20
CRITERION_MAXIMUM = 5

# The part of the course score that a kind of requirement counts in, as course.yaml names the weights.
SCORE_PARTS = {"exam": "exam", "practical_task": "practical", "quiz": "quizzes"}

READING_ORDER = 10  # + 10 for each module; a module's quiz follows its reading with + 5
TASK_ORDER = 800
ATTENDANCE_ORDER = 900


@dataclass(frozen=True)
class Refusal:
    """Why an officer cannot be enrolled: the rule's name, and the sentence that says it."""

    name: str
    text: Any = field(compare=False)


@dataclass(frozen=True)
class Conditions:
    """What a course asks of those who enrol (course.yaml)."""

    self_enrolment: bool = True
    prerequisites: tuple[str, ...] = ()  # codes of courses
    minimum_rank_level: int | None = None
    minimum_service_years: int | None = None

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> "Conditions":
        """Read the conditions of a course.yaml."""
        return cls(
            bool(definition.get("self_enrolment", False)),
            tuple(definition.get("prerequisites") or ()),
            definition.get("minimum_rank_level"),
            definition.get("minimum_service_years"),
        )


@dataclass(frozen=True)
class Candidate:
    """What enrolment asks about an officer. A missing rank or day of entry meets no condition about it."""

    rank_level: int | None
    entered_service_on: date | None
    completed: Collection[str] = ()  # codes of courses
    enrolled: bool = False  # in this course now
    is_officer: bool = True  # holds the role today and is not suspended


def service_years(entered_on: date, today: date) -> int:
    """Return full years of service. Who entered on 29 February has served a year on 1 March."""
    before_the_day = (today.month, today.day) < (entered_on.month, entered_on.day)
    return today.year - entered_on.year - before_the_day


def refusals(
    code: str, conditions: Conditions, candidate: Candidate, *, how: str, today: date
) -> tuple[Refusal, ...]:
    """Return every reason why an officer cannot be enrolled in a course; empty when nothing stands against it.

    `how` is self, instructor or department. A nomination by the department stands for rank and service
    (curriculum 2: "or nomination by the capacity-building department"); prerequisites hold for everybody.
    """
    if not candidate.is_officer:
        return (Refusal("not_an_officer", _l("This person is not a serving officer, or is suspended.")),)
    if code in candidate.completed:
        return (Refusal("completed", _l("The course is completed already.")),)
    if candidate.enrolled:
        return (Refusal("enrolled", _l("Already enrolled in this course.")),)
    found = []
    if how == "self" and not conditions.self_enrolment:
        found.append(
            Refusal(
                "by_others", _l("Officers are enrolled in this course by the department or its instructor.")
            )
        )
    missing = [wanted for wanted in conditions.prerequisites if wanted not in candidate.completed]
    if missing:
        found.append(
            Refusal(
                "prerequisites",
                _l("These courses must be completed first: %(codes)s.", codes=", ".join(missing)),
            )
        )
    if how != "department":
        found += _service_refusals(conditions, candidate, today)
    return tuple(found)


def needs_nomination(conditions: Conditions, candidate: Candidate, *, today: date) -> bool:
    """Say whether only the department's nomination makes up for the officer's rank or length of service."""
    return any(_service_refusals(conditions, candidate, today))


def _service_refusals(conditions: Conditions, candidate: Candidate, today: date) -> Iterable[Refusal]:
    level, years = conditions.minimum_rank_level, conditions.minimum_service_years
    if level is not None and (candidate.rank_level is None or candidate.rank_level < level):
        yield Refusal(
            "rank",
            _l("The rank is lower than the course asks for. The department can enrol by nomination."),
        )
    if years is not None and (
        candidate.entered_service_on is None or service_years(candidate.entered_service_on, today) < years
    ):
        yield Refusal("service", _l("The course asks for at least %(years)s years of service.", years=years))


def rubric_accepted(legality: int, completeness: int, usefulness: int, clarity: int) -> bool:
    """Say whether a practical task passes: 12 points of 20, and legality is not 0 (curriculum 0.5, 0.6)."""
    return legality > 0 and legality + completeness + usefulness + clarity >= RUBRIC_PASS_POINTS


def rubric_percent(points: int) -> float:
    """Return the points of a practical task in percent."""
    return points * 100 / RUBRIC_MAXIMUM


def days_to_attend(days: int, percent: int) -> int:
    """Return how many of the face-to-face days one must be present on: the percentage, rounded up."""
    return -(-days * percent // 100)


def attendance_met(present_days: int, days: int, percent: int) -> bool:
    """Say whether enough of the face-to-face days were attended (curriculum 0.5: 80 percent)."""
    return present_days >= days_to_attend(days, percent)


def course_score(weights: Mapping[str, int], requirements: Iterable[Requirement]) -> float | None:
    """Return the course score in percent, to one decimal, or None when the course scores nothing.

    60 % final exam, 25 % mean of the practical tasks, 15 % mean of the best module quizzes (curriculum 0.5). A part
    without a scored requirement is left out and the others are scaled to 100.
    """
    scores: dict[str, list[float]] = {}
    for requirement in requirements:
        part = SCORE_PARTS.get(requirement.kind)
        if part and requirement.score is not None and weights.get(part):
            scores.setdefault(part, []).append(requirement.score)
    whole = sum(weights[part] for part in scores)
    if not whole:
        return None
    total = sum(weights[part] * sum(found) / len(found) for part, found in scores.items()) / whole
    # Half up: 69.25 reads as 69.3, where round() would go to the even digit. repr first, to be rid of float dust.
    exact = Decimal(repr(round(total, 6)))
    return float(exact.quantize(Decimal("0.1"), ROUND_HALF_UP))


def missing(requirements: Iterable[Requirement]) -> list[Requirement]:
    """Return the requirements that are not met, in order."""
    return [requirement for requirement in in_order(requirements) if not requirement.met]


def in_order(requirements: Iterable[Requirement]) -> list[Requirement]:
    """Return requirements as a course page lists them."""
    return sorted(requirements, key=lambda requirement: (requirement.order, requirement.key))


def is_complete(requirements: Sequence[Requirement]) -> bool:
    """Say whether everything is met. A course that asks nothing (its plug-ins are switched off) completes nobody."""
    return bool(requirements) and all(requirement.met for requirement in requirements)


def percent_done(requirements: Sequence[Requirement]) -> int:
    """Return the share of requirements met, rounded down: 100 only when nothing is missing."""
    met = sum(requirement.met for requirement in requirements)
    return met * 100 // len(requirements) if requirements else 0


def next_step(requirements: Iterable[Requirement]) -> Requirement | None:
    """Return the first unmet requirement the officer can do something about, else the first unmet one.

    One without an address (attendance, a task to be graded) waits for the instructor.
    """
    open_ones = missing(requirements)
    return next((requirement for requirement in open_ones if requirement.url), next(iter(open_ones), None))


def first_unread(sections: Sequence[str], read: Collection[str]) -> str | None:
    """Return the section where the officer goes on, or None when all are read."""
    return next((section for section in sections if section not in read), None)
