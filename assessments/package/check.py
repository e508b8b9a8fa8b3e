"""Find the faults of quiz.yaml and exam.yaml (docs/course-package.md), with file and line. Reads no database."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask_babel import gettext as _

from assessments import rules
from assessments.package import choices
from courses.package.documents import Document, load_yaml
from courses.package.files import text_of
from lms.hookspecs import Fault, PackageFiles
from lms.settings import LANGUAGES

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LEVELS = ("R", "U", "Ap", "An", "E", "C")  # revised Bloom, curriculum 0.4
LEAST_VARIANTS = 2
EXAM = "exam.yaml"

# Keys of a question by type, beside id, type and feedback: needed, optional.
FIELDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "single_choice": (frozenset({"text", "options", "key"}), frozenset()),
    "multiple_response": (frozenset({"text", "options", "key"}), frozenset()),
    "true_false": (frozenset({"text", "key"}), frozenset()),
    "numeric": (frozenset({"text", "key", "tolerance"}), frozenset({"unit"})),
    "short_answer": (frozenset({"text", "key"}), frozenset()),
    "matching": (frozenset({"text", "left", "right", "key"}), frozenset()),
    "ordering": (frozenset({"text", "items", "key"}), frozenset()),
    "scenario": (frozenset({"case", "steps"}), frozenset({"text"})),
}
# How many options, sides and items a question may have.
COUNTS = {"single": (4, 4), "multiple": (5, 7), "sides": (2, 8), "items": (3, 8), "steps": (1, 5)}


def quiz_files(package: PackageFiles) -> dict[str, str | None]:
    """Return the files that hold questions, with the module's code, or None for the exam."""
    found: dict[str, str | None] = {
        f"{code}/quiz.yaml": code for code in package.modules if f"{code}/quiz.yaml" in package.files
    }
    if EXAM in package.files:
        found[EXAM] = None
    return found


def check(package: PackageFiles) -> list[Fault]:
    """Return every fault of the quizzes and of the exam."""
    faults: list[Fault] = []
    questions: dict[str, tuple[str, int]] = {}  # where each id was first met
    for file, module in quiz_files(package).items():
        checker = _Bank(package, file, module, questions)
        checker.check()
        faults += checker.faults
    return faults + _check_policies(package)


def _check_policies(package: PackageFiles) -> list[Fault]:
    course = load_yaml(text_of(package.files, "course.yaml"))
    quizzes = any(module is not None for module in quiz_files(package).values())
    faults = []
    for name, is_there in (("quiz", quizzes), ("exam", EXAM in package.files)):
        if is_there and not isinstance(package.course.get(name), Mapping):
            message = _(
                "The course has questions for it, but “%(name)s” does not say how it is taken.", name=name
            )
            faults.append(Fault("course.yaml", course.line(), message))
    exam = package.course.get("exam")
    if isinstance(exam, Mapping) and EXAM not in package.files:
        message = _("The policy of the exam stands here, but there is no exam.yaml.")
        faults.append(Fault("course.yaml", course.line("exam"), message))
    elif isinstance(exam, Mapping) and isinstance(exam.get("draw"), int):
        value = load_yaml(text_of(package.files, EXAM)).value
        slots = value.get("slots") if isinstance(value, Mapping) else None
        if isinstance(slots, list) and exam["draw"] > len(slots):
            message = _(
                "The exam draws %(draw)s questions but exam.yaml has %(slots)s slots.",
                draw=exam["draw"],
                slots=len(slots),
            )
            faults.append(Fault("course.yaml", course.line("exam", "draw"), message))
    return faults


class _Bank:
    """The check of one file."""

    def __init__(
        self, package: PackageFiles, file: str, module: str | None, questions: dict[str, tuple[str, int]]
    ) -> None:
        self.package = package
        self.file = file
        self.module = module
        self.questions = questions
        self.document: Document = load_yaml(text_of(package.files, file))
        # Text also when something odd stands there: it is looked up in mappings.
        self.source = str(package.course.get("source_language"))
        self.faults = [Fault(file, line, message) for line, message in self.document.faults]

    def add(self, message: str, *path: str | int) -> None:
        """Note a fault at the line of a part."""
        self.faults.append(Fault(self.file, self.document.line(*path), message))

    def check(self) -> None:
        """Check the whole file."""
        bank = self.document.value
        if not isinstance(bank, Mapping) or not isinstance(bank.get("slots"), list) or not bank["slots"]:
            if not self.faults:
                self.add(_("The file must be a list of slots: “slots:” and one slot or more."))
            return
        self.known(bank, {"slots"}, ())
        seen: set[str] = set()
        for number, slot in enumerate(bank["slots"]):
            path = ("slots", number)
            if self.mapping(slot, path):
                self.identifier(slot.get("id"), seen, (*path, "id"))
                self.slot(slot, path)
        for message, *where in choices.faults(bank["slots"], self.source):
            self.add(message, *where)

    # ------------------------------------------------------------ slots

    def slot(self, slot: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
        """Check a slot and its variants."""
        exam = self.module is None
        self.known(slot, {"id", "outcome", "level", "questions"} | ({"module"} if exam else set()), path)
        module = slot.get("module") if exam else self.module
        if module is not None and module not in self.package.modules:
            self.add(_("The course has no module “%(code)s”.", code=module), *path, "module")
        elif module is None and "outcome" in slot:
            self.add(_("An outcome belongs to a module; name the module too."), *path, "outcome")
        elif "outcome" in slot and str(slot["outcome"]) not in self.outcomes(str(module)):
            message = _("Module %(module)s has no outcome “%(id)s”.", module=module, id=slot["outcome"])
            self.add(message, *path, "outcome")
        elif module is not None and "outcome" not in slot:
            self.add(_("The slot must name an outcome of its module."), *path)
        if slot.get("level") not in LEVELS:
            self.add(_("The level must be one of %(levels)s.", levels=", ".join(LEVELS)), *path, "level")
        questions = slot.get("questions")
        if not isinstance(questions, list) or len(questions) < LEAST_VARIANTS:
            self.add(_("A slot needs at least two variants of its question."), *path, "questions")
        for number, question in enumerate(questions if isinstance(questions, list) else []):
            inner = (*path, "questions", number)
            if self.mapping(question, inner):
                self.question(question, inner)

    def outcomes(self, module: str) -> set[str]:
        """Return the ids of a module's outcomes."""
        value = load_yaml(text_of(self.package.files, f"{module}/module.yaml")).value
        listed = value.get("outcomes") if isinstance(value, Mapping) else None
        outcomes = listed if isinstance(listed, list) else []
        return {str(o["id"]) for o in outcomes if isinstance(o, Mapping) and "id" in o}

    # ------------------------------------------------------------ questions

    def question(self, question: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
        """Check one question."""
        self.question_id(question.get("id"), (*path, "id"))
        type_ = question.get("type")
        if type_ not in rules.TYPES:
            message = _("The type must be one of %(types)s.", types=", ".join(rules.TYPES))
            self.add(message, *path, "type")
            return
        needed, optional = FIELDS[type_]
        self.known(question, needed | optional | {"id", "type", "feedback"}, path)
        for name in sorted(needed - question.keys()):
            self.add(_("“%(name)s” is missing.", name=name), *path)
        for name in ("text", "case", "unit"):
            if name in question:
                self.text(question[name], (*path, name))
        if needed <= question.keys():
            checks: dict[str, Callable[..., None]] = {
                "single_choice": self.single,
                "multiple_response": self.multiple,
                "true_false": self.true_false,
                "numeric": self.numeric,
                "short_answer": self.short_answer,
                "matching": self.matching,
                "ordering": self.ordering,
                "scenario": self.scenario,
            }
            checks[type_](question, path)
        self.feedback(question.get("feedback"), (*path, "feedback"))

    def question_id(self, value: Any, path: tuple[str | int, ...]) -> None:
        """Check that the id is one and stands nowhere else in the course."""
        if not self.is_id(value, path):
            return
        if value in self.questions:
            file, line = self.questions[value]
            message = _(
                "The id “%(id)s” was used before, in %(file)s line %(line)s.", id=value, file=file, line=line
            )
            self.add(message, *path)
        else:
            self.questions[value] = (self.file, self.document.line(*path))

    def single(self, question: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
        """Check options and key of a single choice, also of a step of a scenario."""
        options = self.choices(question["options"], (*path, "options"), *COUNTS["single"])
        if not isinstance(question["key"], str) or question["key"] not in options:
            self.add(_("The key must be the id of one of the options."), *path, "key")

    def multiple(self, question: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
        """Check options and key of a multiple response."""
        options = self.choices(question["options"], (*path, "options"), *COUNTS["multiple"])
        if not self.is_list_of(question["key"], options) or len(question["key"]) == len(options):
            message = _("The key must be a list of ids of options, each once, and not all of them.")
            self.add(message, *path, "key")

    def true_false(self, question: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
        """Check the key of a statement."""
        if not isinstance(question["key"], bool):
            self.add(_("The key must be true or false."), *path, "key")

    def numeric(self, question: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
        """Check key and tolerance of a number."""
        if not _is_number(question["key"]):
            self.add(_("The key must be a number, written with a point."), *path, "key")
        tolerance = question["tolerance"]
        if not _is_number(tolerance) or tolerance < 0:
            self.add(_("The tolerance must be a number, 0 or more."), *path, "tolerance")

    def short_answer(self, question: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
        """Check the accepted answers."""
        key = question["key"]
        good = (
            isinstance(key, Mapping)
            and self.source in key
            and set(key) <= set(LANGUAGES)
            and all(isinstance(texts, list) and texts for texts in key.values())
            # What is left when punctuation is taken away must be something.
            and all(isinstance(t, str) and rules.normal_text(t) for texts in key.values() for t in texts)
        )
        if not good:
            message = _(
                "The key must be a list of accepted answers for each language, the source language too."
            )
            self.add(message, *path, "key")

    def matching(self, question: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
        """Check both sides and the pairs."""
        left = self.choices(question["left"], (*path, "left"), *COUNTS["sides"])
        right = self.choices(question["right"], (*path, "right"), *COUNTS["sides"])
        key = question["key"]
        if not isinstance(key, Mapping) or set(key) != set(left) or not _all_in(key.values(), right):
            self.add(_("The key must give every left id one right id."), *path, "key")

    def ordering(self, question: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
        """Check the items and their order."""
        items = self.choices(question["items"], (*path, "items"), *COUNTS["items"])
        if not self.is_list_of(question["key"], items) or len(question["key"]) != len(items):
            self.add(_("The key must be the list of all items in the right order."), *path, "key")

    def scenario(self, question: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
        """Check the steps."""
        steps = question["steps"]
        least, most = COUNTS["steps"]
        if not isinstance(steps, list) or not least <= len(steps) <= most:
            message = _("A scenario has from %(least)s to %(most)s steps.", least=least, most=most)
            self.add(message, *path, "steps")
            return
        seen: set[str] = set()
        for number, step in enumerate(steps):
            inner = (*path, "steps", number)
            if not self.mapping(step, inner):
                continue
            needed = {"id", "text", "options", "key"}
            self.known(step, needed, inner)
            self.identifier(step.get("id"), seen, (*inner, "id"))
            if needed <= step.keys():
                self.text(step["text"], (*inner, "text"))
                self.single(step, inner)
            else:
                self.add(_("A step needs id, text, options and key."), *inner)

    def feedback(self, feedback: Any, path: tuple[str | int, ...]) -> None:
        """Check what is said after the answer, and where to re-read."""
        if not isinstance(feedback, Mapping):
            self.add(_("The question needs feedback: right, wrong and section."), *path)
            return
        self.known(
            feedback, {"right", "wrong", "section"} | ({"module"} if self.module is None else set()), path
        )
        for name in ("right", "wrong"):
            self.text(feedback.get(name), (*path, name))
        module = self.module or feedback.get("module")
        section = feedback.get("section")
        if module not in self.package.modules:
            self.add(_("The feedback must name a module of the course."), *path, "module")
        elif section not in self.package.sections.get(str(module), ()):
            message = _("Module %(module)s has no section “%(id)s”.", module=module, id=section)
            self.add(message, *path, "section")

    # ------------------------------------------------------------ values

    def mapping(self, value: Any, path: tuple[str | int, ...]) -> bool:
        """Say whether the value is a mapping, and note a fault if not."""
        if isinstance(value, Mapping):
            return True
        self.add(_("Here must stand names with values."), *path)
        return False

    def known(self, value: Mapping[str, Any], names: Iterable[str], path: tuple[str | int, ...]) -> None:
        """Note every name that means nothing here; it may be a typing error."""
        for name in value:
            if name not in set(names):
                self.add(_("“%(name)s” is not known here.", name=name), *path, name)

    def is_id(self, value: Any, path: tuple[str | int, ...]) -> bool:
        """Say whether the value is an id, and note a fault if not."""
        if isinstance(value, str) and ID.fullmatch(value):
            return True
        message = _(
            "An id is made of small Latin letters, digits and hyphens, at most 40; put a number in quotes."
        )
        self.add(message, *path)
        return False

    def identifier(self, value: Any, seen: set[str], path: tuple[str | int, ...]) -> None:
        """Check an id that must be unique in its list."""
        if self.is_id(value, path):
            if value in seen:
                self.add(_("The id “%(id)s” stands twice in this list.", id=value), *path)
            seen.add(value)

    def text(self, value: Any, path: tuple[str | int, ...]) -> None:
        """Check a text map."""
        if not isinstance(value, Mapping) or not value:
            self.add(_("Here must stand a text for each language."), *path)
            return
        for language, text in value.items():
            if language not in LANGUAGES:
                self.add(_("“%(name)s” is not a language of the suite.", name=language), *path, language)
            elif not isinstance(text, str) or not text.strip():
                self.add(_("The text is empty, or is no text; put it in quotes."), *path, language)
        if self.source not in value:
            self.add(_("The text in the source language is missing."), *path)

    def choices(self, value: Any, path: tuple[str | int, ...], least: int, most: int) -> set[str]:
        """Check a mapping of ids to text maps; return the ids."""
        if not isinstance(value, Mapping) or not least <= len(value) <= most:
            message = (
                _("Here must stand %(least)s entries: ids with their texts.", least=least)
                if least == most
                else _(
                    "Here must stand from %(least)s to %(most)s entries: ids with their texts.",
                    least=least,
                    most=most,
                )
            )
            self.add(message, *path)
        if not isinstance(value, Mapping):
            return set()
        for name, text in value.items():
            self.is_id(name, (*path, name))
            self.text(text, (*path, name))
        return set(value)

    def is_list_of(self, value: Any, ids: set[str]) -> bool:
        """Say whether the value is a list of some of the ids, each once."""
        return (
            isinstance(value, list) and bool(value) and _all_in(value, ids) and len(set(value)) == len(value)
        )


def _all_in(values: Iterable[Any], ids: set[str]) -> bool:
    return all(isinstance(value, str) and value in ids for value in values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
