"""Find what gives the keys of single choices away: their length, their place, “all of the above” (curriculum 0.3)."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from flask_babel import gettext as _

from lms.settings import LANGUAGES

MOST_LONGEST = 1 / 3  # of the single choices of a file
MOST_AT_ONE_PLACE = 0.45
LEAST_FOR_PLACES = 12  # fewer say nothing about places
# Fewer say nothing about lengths either: one in two is no habit.
LEAST_FOR_LENGTHS = 6
ALL_OF_THEM = re.compile(
    r"(all|any|each) of the (above|options|answers)( (is|are) (right|correct))?|all (answers|options) are (right|correct)"
    r"|вс[её] (выше)?перечисленное( верно)?|вс[её] вышеуказанное|все (ответы|варианты) (верны|правильны)(е)?"
    r"|(жогоруда (айтылгандардын|аталгандардын|көрсөтүлгөндөрдүн) )?баары( да)? туура|бардык жооптор туура"
    r"|жогоруда (айтылгандардын|аталгандардын|көрсөтүлгөндөрдүн) баары",
    re.IGNORECASE,
)

Path = tuple[str | int, ...]


class Choice(NamedTuple):
    """A question with options, or a step of a scenario."""

    path: Path
    options: Mapping[str, Any]
    key: Any


def faults(slots: list[Any], source: str) -> Iterator[tuple[Any, ...]]:
    """Yield the faults of a file as sentence and path; what is built wrong is passed over, others say so."""
    every = list(_choices(slots))
    for choice in every:
        for option, texts in choice.options.items():
            for language in LANGUAGES:
                text = texts.get(language) if isinstance(texts, Mapping) else None
                if isinstance(text, str) and ALL_OF_THEM.fullmatch(text.strip(" .«»“”")):
                    message = _(
                        "“All of the above” is no option: it rewards guessing. Write an answer of its own."
                    )
                    yield message, *choice.path, "options", option, language
    single = [choice for choice in every if isinstance(choice.key, str) and choice.key in choice.options]
    longest = sum(_is_longest(choice, source) for choice in single)
    if len(single) >= LEAST_FOR_LENGTHS and longest > len(single) * MOST_LONGEST:
        yield (
            _(
                "The key is the longest option in %(found)s of %(all)s single choices (%(percent)s %%);"
                " at most a third may be. Shorten keys or lengthen other options.",
                found=longest,
                all=len(single),
                percent=round(100 * longest / len(single)),
            ),
        )
    places = Counter(list(choice.options).index(choice.key) + 1 for choice in single)
    if len(single) < LEAST_FOR_PLACES:
        return
    place, found = max(places.items(), key=lambda item: (item[1], -item[0]))
    if found > len(single) * MOST_AT_ONE_PLACE:
        yield (
            _(
                "The key stands at place %(place)s in %(found)s of %(all)s single choices (%(percent)s %%);"
                " at most %(most)s %% may be. Move some.",
                place=place,
                found=found,
                all=len(single),
                percent=round(100 * found / len(single)),
                most=round(100 * MOST_AT_ONE_PLACE),
            ),
        )


def _choices(slots: list[Any]) -> Iterator[Choice]:
    """Yield everything that has options, steps of scenarios too."""
    for number, slot in enumerate(slots):
        questions = slot.get("questions") if isinstance(slot, Mapping) else None
        for variant, question in enumerate(questions if isinstance(questions, list) else []):
            if not isinstance(question, Mapping):
                continue
            path: Path = ("slots", number, "questions", variant)
            if isinstance(question.get("options"), Mapping):
                yield Choice(path, question["options"], question.get("key"))
            steps = question.get("steps")
            for place, step in enumerate(steps if isinstance(steps, list) else []):
                if isinstance(step, Mapping) and isinstance(step.get("options"), Mapping):
                    yield Choice((*path, "steps", place), step["options"], step.get("key"))


def _is_longest(choice: Choice, source: str) -> bool:
    """Say whether no other option is as long as the key."""
    lengths = {
        option: len(str(texts.get(source, ""))) if isinstance(texts, Mapping) else 0
        for option, texts in choice.options.items()
    }
    return all(lengths[choice.key] > length for option, length in lengths.items() if option != choice.key)
