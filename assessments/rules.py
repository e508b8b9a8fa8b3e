"""Grade answers, say when a quiz may start and until when it saves, draw questions, release the key.

Pure: no session, no request, no clock. Points are fractions, so that exactly 70 % is 70 % and not 69.99….
"""

import random
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import pairwise
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from lms.errors import RuleError
from lms.i18n import moment

TYPES = (
    "single_choice",
    "multiple_response",
    "true_false",
    "numeric",
    "short_answer",
    "matching",
    "ordering",
    "scenario",
)
# Saves count until a minute after the deadline (curriculum 0.5).
GRACE = timedelta(seconds=60)
# A personal time factor goes from the usual time to three times as much; 1.5 is usual (curriculum 0.5).
LEAST_FACTOR_PERCENT, USUAL_FACTOR_PERCENT, MOST_FACTOR_PERCENT = 100, 150, 300

# ---------------------------------------------------------------- grading


def grade(type_: str, key: Any, tolerance: float, answer: Any) -> Fraction:
    """Return which share of the question's point an answer earns, 0 to 1; nothing answered earns 0.

    `key` and `answer` name options by the ids of the package; None is no answer. Every question is worth one
    point (curriculum 0.5: one question per slot, slots weigh the same). Partial credit, by type:

    * single choice, true or false, number, short answer: all or nothing;
    * multiple response: (right − wrong chosen) ÷ right ones, not below 0, so that choosing everything earns
      nothing. Source: IMS QTI 2.2, `mapResponse` with +1 and −1 and a lower bound of 0;
    * matching: the share of right pairs. Source: the same, one point a pair;
    * ordering: the share of neighbours in the right sequence, see `_sequence`;
    * scenario: the mean of its steps, each a single choice.
    """
    if answer is None:
        return Fraction(0)
    if type_ in ("single_choice", "true_false"):
        return Fraction(answer == key)
    if type_ == "multiple_response":
        chosen, right = set(answer), set(key)
        return max(Fraction(0), Fraction(len(chosen & right) - len(chosen - right), len(right)))
    if type_ == "numeric":
        return Fraction(_is_near(key, tolerance, str(answer)))
    if type_ == "short_answer":
        return Fraction(any(_is_same(accepted, answer) for texts in key.values() for accepted in texts))
    if type_ == "matching":
        return Fraction(sum(answer.get(left) == right for left, right in key.items()), len(key))
    if type_ == "ordering":
        return _sequence(key, answer)
    if type_ == "scenario":
        return Fraction(sum(answer.get(step) == right for step, right in key.items()), len(key))
    raise ValueError(f"no such type of question: {type_}")


def _sequence(key: Sequence[str], places: Mapping[str, int]) -> Fraction:
    """Return the share of neighbours of the right order that the officer also put one right after the other.

    Of the usual rules (Moodle's ordering question offers nine) this is "relative to the next item, excluding
    last". The questions ask which step follows which: one step put too early moves all the others by one place,
    and counting exact places would then give nothing for a sequence that is right but for that step. An item
    without a place, or with a place given twice, follows nothing.
    """
    given = list(places.values())
    clear = {item: place for item, place in places.items() if given.count(place) == 1}
    follows = sum(
        item in clear and after in clear and clear[after] == clear[item] + 1 for item, after in pairwise(key)
    )
    return Fraction(follows, len(key) - 1)


def number(text: str) -> Decimal | None:
    """Read a number with a decimal comma or point and with spaces between thousands; None when it is none."""
    plain = "".join(text.split()).replace("−", "-").replace(",", ".")
    if not plain.lstrip("+-").replace(".", "", 1).isascii() or not any(c.isdigit() for c in plain):
        return None
    if any(c not in "+-.0123456789" for c in plain):
        return None  # Decimal would also read 1e3, nan and the digits of other scripts
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None


def _is_near(key: float, tolerance: float, answer: str) -> bool:
    given = number(answer)
    # By way of text: the binary 0.1 is a little more than a tenth, and the edge of the tolerance counts.
    return given is not None and abs(given - Decimal(str(key))) <= Decimal(str(tolerance or 0))


def normal_text(text: str) -> str:
    """Return a short answer as it is compared: no case, ё as е, no punctuation and quotes, single spaces."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).replace("ё", "е")
    # A hyphen parts words (time-out = time out); other punctuation only surrounds them.
    parted = "".join(" " if unicodedata.category(c) == "Pd" or c == "/" else c for c in folded)
    return " ".join("".join(c for c in parted if unicodedata.category(c)[0] not in "PS").split())


def _is_same(accepted: str, answer: str) -> bool:
    wanted = number(accepted)
    if wanted is not None:
        return number(answer) == wanted
    return normal_text(accepted) == normal_text(answer)


def percent(shares: Sequence[Fraction]) -> Fraction:
    """Return the mean of the shares in percent; every question weighs the same."""
    return 100 * sum(shares, Fraction(0)) / len(shares)


def passed(reached: Fraction, pass_percent: int) -> bool:
    """Say whether the percentage is enough; exactly the pass mark is."""
    return reached >= pass_percent


def shown_percent(reached: float) -> int:
    """Return the percentage as people read it: rounded down, so that 69.9 % is never shown as a passing 70 %."""
    return int(reached)


# ---------------------------------------------------------------- starting, unlocking, reports


@dataclass(frozen=True)
class Policy:
    """How a quiz is taken (curriculum 0.5; set per course in course.yaml)."""

    pass_percent: int
    attempts: int
    pause_after: int  # after this many attempts, and each later one, the pause holds
    pause_hours: int
    minutes: int
    draw: int | None = None  # how many slots are drawn; none: every slot


@dataclass(frozen=True)
class Tried:
    """What the rules need to know of an attempt; all of one officer, quiz and cycle."""

    closed_at: datetime | None
    passed: bool | None


class CannotStart(RuleError):
    """A new attempt may not start."""

    title = _l("A new attempt cannot start now")


class AttemptOpen(CannotStart):
    """An attempt is under way."""

    advice = _l("You have an attempt under way. Go on with it.")


class AlreadyPassed(CannotStart):
    """The quiz is passed, and its key was shown."""

    title = _l("You have passed already")
    advice = _l("You have passed, so no further attempt is needed.")


class AttemptsUsedUp(CannotStart):
    """All attempts of this cycle are made."""

    advice = _l("All attempts are used. Ask the instructor of the course to unlock a further one.")


class PauseHolds(CannotStart):
    """The next attempt may start later, at `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until

    @property
    def advice(self) -> str:
        """Say when; the moment is written in the language of the page."""
        return str(_("The next attempt may start on %(moment)s.", moment=moment(self.until)))


class AttemptClosed(RuleError):
    """The attempt was submitted before, or its time is over."""

    status = 410
    title = _l("This attempt is closed")
    advice = _l("What was saved in time counts. Open the result.")


class StaleSave(RuleError):
    """The answer was changed elsewhere since the page was loaded."""

    title = _l("This answer was changed on another device")
    advice = _l("Your change was not saved. Reload the page to see the answer as it stands now.")


def allowed(policy: Policy, unlocks: int) -> int:
    """Return how many attempts the officer has in this cycle; each unlock is one more."""
    return policy.attempts + unlocks


def may_start(policy: Policy, tries: Sequence[Tried], unlocks: int, now: datetime) -> CannotStart | None:
    """Return why a new attempt may not start, or None.

    `tries` in the order in which they were made. After `pause_after` attempts, and each later one, the next may
    start `pause_hours` after the last was closed; an attempt that an instructor unlocked is not made to wait.
    Source: curriculum 0.5.
    """
    if any(tried.passed for tried in tries):
        return AlreadyPassed()
    if any(tried.closed_at is None for tried in tries):
        return AttemptOpen()
    if len(tries) >= allowed(policy, unlocks):
        return AttemptsUsedUp()
    until = pause_until(policy, tries, unlocks)
    return PauseHolds(until) if until is not None and now < until else None


def pause_until(policy: Policy, tries: Sequence[Tried], unlocks: int = 0) -> datetime | None:
    """Return the end of the pause after the last attempt, or None where no pause holds.

    An attempt that was unlocked while the pause held starts without waiting; later ones wait again.
    """
    if not policy.pause_after + unlocks <= len(tries) < policy.attempts:
        return None
    last = tries[-1].closed_at
    return None if last is None else last + timedelta(hours=policy.pause_hours)


class NothingToUnlock(RuleError):
    """The officer passed, has an attempt under way, or may start one without an unlock."""

    title = _l("There is nothing to unlock")
    advice = _l(
        "A further attempt can be unlocked when all attempts are used or while a pause holds, and not after a pass."
    )


def may_unlock(policy: Policy, tries: Sequence[Tried], unlocks: int, now: datetime) -> NothingToUnlock | None:
    """Return why a further attempt may not be unlocked, or None. Source: curriculum 0.5."""
    refusal = may_start(policy, tries, unlocks, now)
    return None if isinstance(refusal, (AttemptsUsedUp, PauseHolds)) else NothingToUnlock()


class ReportAnswered(RuleError):
    """The report has its answer; the officer may have read it."""

    title = _l("This report was answered before")
    advice = _l("The officer sees that answer. Open the report to read it.")


# ---------------------------------------------------------------- extra time


@dataclass(frozen=True)
class Days:
    """Days on which something holds, the first and the last included; no last day: until it is ended."""

    first: date
    last: date | None

    def overlaps(self, other: "Days") -> bool:
        """Say whether a day belongs to both. Days that end before they begin (taken back) hold none."""
        return not self.is_empty and not other.is_empty and self._reaches(other) and other._reaches(self)

    @property
    def is_empty(self) -> bool:
        """Say whether there is no day at all."""
        return self.last is not None and self.last < self.first

    def _reaches(self, other: "Days") -> bool:
        return self.last is None or self.last >= other.first


class TimeFactorOverlaps(RuleError):
    """The officer has extra time on some of these days already."""

    title = _l("The officer has extra time on these days already")
    advice = _l("End what is granted first, or choose days before or after it.")


class TimeFactorEnded(RuleError):
    """The extra time is over already."""

    title = _l("This extra time is over already")
    advice = _l("Open the list again to see what is in force.")


def last_day_when_ended(days: Days, today: date) -> date:
    """Return the last day of extra time that is ended today: yesterday, so that it holds no more.

    What was to begin today or later never begins: its last day comes before its first.

    :raises TimeFactorEnded: when its last day is over.
    """
    if days.last is not None and days.last < today:
        raise TimeFactorEnded
    return max(today, days.first) - timedelta(days=1)


# ---------------------------------------------------------------- time


def deadline(started_at: datetime, minutes: int, factor_percent: int = 100) -> datetime:
    """Return when the time ends; `factor_percent` is the officer's personal time, 150 for half as much again.

    Source: curriculum 0.5, accessibility extension.
    """
    return started_at + timedelta(minutes=minutes) * factor_percent / 100


def time_used(started_at: datetime, deadline_at: datetime, moment: datetime) -> int:
    """Return which share of the officer's own time was over at a moment, in percent, 0 to 100.

    For the instructor's pages: minutes would tell who has extra time, which is nobody else's business.
    """
    share = (moment - started_at) / (deadline_at - started_at)
    return round(100 * min(max(share, 0.0), 1.0))


def surely_over(started_at: datetime, minutes: int, now: datetime) -> bool:
    """Say whether an attempt is over whatever the officer's personal time is."""
    return now > deadline(started_at, minutes, MOST_FACTOR_PERCENT) + GRACE


def accepts_save(deadline_at: datetime, now: datetime) -> bool:
    """Say whether an answer still counts: until 60 seconds after the deadline, that second included."""
    return now <= deadline_at + GRACE


# ---------------------------------------------------------------- drawing


def draw(
    slots: Mapping[str, Sequence[str]], seen: Mapping[str, int], seed: int, count: int | None = None
) -> list[tuple[str, str]]:
    """Return the questions of an attempt in the order in which they are asked, as (slot, question) codes.

    One variant of every slot (of `count` slots, when the blueprint has more): one that the officer saw least
    often before in this course, in quizzes or exam. The same seed draws the same; everything starts from sorted
    codes, so that nothing of the order in which authors wrote shows. Source: curriculum 0.5.
    """
    chance = random.Random(f"draw {seed}")  # repeatable on purpose; the seed is random and kept
    chosen = sorted(slots)
    if count is not None and count < len(chosen):
        chosen = sorted(chance.sample(chosen, count))
    drawn = []
    for slot in chosen:
        least = min(seen.get(question, 0) for question in slots[slot])
        fresh = sorted(question for question in slots[slot] if seen.get(question, 0) == least)
        drawn.append((slot, chance.choice(fresh)))
    chance.shuffle(drawn)
    return drawn


def shown_order(parts: Mapping[str, Sequence[str]], seed: int, question: str) -> dict[str, list[str]]:
    """Return the order in which the ids of each part of a question are shown.

    Starts from sorted ids and knows nothing of the key. An ordering question may come out in the right order by
    chance; avoiding that would tell something.
    """
    order = {}
    for part in sorted(parts):
        ids = sorted(parts[part])
        random.Random(f"order {seed} {question} {part}").shuffle(ids)
        order[part] = ids
    return order


def parts_of(type_: str, body: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the ids that are shuffled, by part: options; left and right; items; the options of each step.

    The steps of a scenario keep their order: each goes on from the one before.
    """
    if type_ in ("single_choice", "multiple_response"):
        return {"options": list(body["options"])}
    if type_ == "matching":
        return {"left": list(body["left"]), "right": list(body["right"])}
    if type_ == "ordering":
        return {"items": list(body["items"])}
    if type_ == "scenario":
        return {step["id"]: list(step["options"]) for step in body["steps"]}
    return {}


# ---------------------------------------------------------------- review


@dataclass(frozen=True)
class Review:
    """What an officer may see of closed attempts."""

    score: bool
    sections: bool  # which sections to re-read
    key: bool  # question by question, with key and feedback


def release(tries: Sequence[Tried], policy: Policy, unlocks: int) -> Review:
    """Return what may be reviewed: score and sections after each attempt, the key after a pass or the last one.

    While an attempt is under way, or a further one was unlocked, the key stays hidden. Source: design section 4.
    """
    closed = bool(tries) and all(tried.closed_at is not None for tried in tries)
    over = any(tried.passed for tried in tries) or len(tries) >= allowed(policy, unlocks)
    return Review(score=True, sections=True, key=closed and over)
