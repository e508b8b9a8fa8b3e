"""Forms about people and places."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from lms.access import ROLES
from lms.forms import BaseForm
from lms.i18n import CENTRAL as CENTRAL_LABEL
from lms.i18n import OWN_NAMES, language
from lms.people import labels
from lms.people.models import Rank, Region
from lms.people.places import Branch
from lms.people.queries import CENTRAL
from lms.people.rules import Names

NAME_LENGTH = 80
TEXT_LENGTH = 500
# Digits, letters and hyphens, as service identity cards print them.
SERVICE_NUMBER = r"^\s*[0-9A-Za-zА-Яа-яЁёҢңӨөҮү][0-9A-Za-zА-Яа-яЁёҢңӨөҮү \-]{2,24}$"
UNIT_CODE = r"^\s*[A-Z0-9][A-Z0-9\-]{1,29}\s*$"
CHOOSE = _l("Choose")
NO_BREAK_SPACE = "\u00a0"


def stripped(value: str | None) -> str | None:
    """Return a text of one line with single spaces, without NUL, which PostgreSQL cannot keep."""
    return " ".join(value.replace("\0", "").split()) if value else value


def _name(label: Any, needed: Any = None, **render: str) -> Any:
    """Return a field for a name; `needed` is what is said when it is left empty."""
    checks = [DataRequired(needed)] if needed else [Optional()]
    return StringField(
        label,
        [*checks, Length(max=NAME_LENGTH)],
        filters=[stripped],
        render_kw={"autocomplete": "off", **render},
    )


def _number(label: Any, needed: Any) -> Any:
    """Return a select of ids that reads a number, and refuses none chosen."""
    return SelectField(label, [InputRequired(needed)], coerce=_id_or_none)


def _id_or_none(value: Any) -> int | None:
    """Return a chosen id, or None for the empty choice; anything else is a ValueError, which WTForms reports."""
    return int(value) if value else None


def _reason() -> Any:
    return TextAreaField(
        _l("Reason"),
        [DataRequired(_l("Give the reason.")), Length(max=TEXT_LENGTH)],
        filters=[stripped],
        render_kw={"rows": 3},
    )


def _first_day() -> Any:
    return DateField(_l("First day"), [InputRequired(_l("Enter the first day."))])


def _last_day() -> Any:
    return DateField(_l("Last day"), [Optional()])


def unit_choices(
    branches: Iterable[Branch], *, none: Any = CHOOSE, kept: int | None = None
) -> list[SelectChoice]:
    """Return the open units, and the kept one, as a tree to choose from; the first choice is none of them."""
    return [SelectChoice("", str(none))] + [
        SelectChoice(str(b.unit.id), NO_BREAK_SPACE * 3 * b.depth + b.unit.name(language()))
        for b in branches
        if b.unit.closed_on is None or b.unit.id == kept
    ]


def rank_choices(ranks: Sequence[Rank]) -> list[SelectChoice]:
    """Return the ranks to choose from, the lowest first."""
    return [SelectChoice("", str(CHOOSE))] + [
        SelectChoice(str(rank.id), rank.name(language())) for rank in ranks
    ]


def region_choices(regions: Sequence[Region], *, none: Any) -> list[SelectChoice]:
    """Return the regions to choose from; the first choice is none of them."""
    return [SelectChoice("", str(none))] + [
        SelectChoice(str(region.id), region.name(language())) for region in regions
    ]


class FindForm(BaseForm):
    """What a list of people is filtered by; sent by GET."""

    class Meta(BaseForm.Meta):
        """Nothing is written, so there is no token in the address."""

        csrf = False

    q: Any = StringField(_l("Name or service number"), [Optional(), Length(max=100)], filters=[stripped])
    unit: Any = SelectField(_l("Unit"), [Optional()], coerce=_id_or_none)
    region: Any = SelectField(_l("Region"), [Optional()])
    role: Any = SelectField(_l("Role"), [Optional()])

    def offer(self, branches: Iterable[Branch], regions: Sequence[Region], *, central: bool) -> None:
        """Fill the lists: what the person who asks may see."""
        self.unit.choices = unit_choices(branches, none=_l("All units"))
        self.region.choices = region_choices(regions, none=_l("All regions"))
        if central:
            self.region.choices.append(SelectChoice(CENTRAL, str(CENTRAL_LABEL)))
        self.role.choices = [SelectChoice("", str(_l("All roles")))] + [
            SelectChoice(role, str(labels.ROLES[role])) for role in ROLES
        ]


class _NamesPart(BaseForm):
    family_name = _name(_l("Family name"), _l("Enter the family name."))
    given_name = _name(_l("Given name"), _l("Enter the given name."))
    patronymic = _name(_l("Patronymic"))
    latin_name = _name(_l("Name in Latin letters"))

    def names(self) -> Names:
        """Return the names that were typed."""
        return Names(
            self.family_name.data,
            self.given_name.data,
            self.patronymic.data or "",
            self.latin_name.data or "",
        )


class StaffForm(_NamesPart):
    """A person without a posting."""

    service_number: Any = StringField(
        _l("Service number"),
        [
            DataRequired(_l("Enter the service number.")),
            Regexp(SERVICE_NUMBER, message=_l("Use 3 to 25 digits, letters and hyphens.")),
        ],
        render_kw={"autocomplete": "off"},
    )
    sex: Any = RadioField(
        _l("Sex"),
        [InputRequired(_l("Choose the sex."))],
        choices=[SelectChoice("f", _l("Female")), SelectChoice("m", _l("Male"))],
    )
    language: Any = SelectField(
        _l("Language of the pages"),
        choices=[SelectChoice(code, name) for code, name in OWN_NAMES.items()],
        default="ky",
    )


class PostingPart(BaseForm):
    """Where an officer serves from a day on."""

    unit = _number(_l("Unit"), _l("Choose the unit."))
    rank = _number(_l("Rank"), _l("Choose the rank."))
    job: Any = StringField(
        _l("Position"), [Optional(), Length(max=200)], filters=[stripped], render_kw={"autocomplete": "off"}
    )
    from_on = _first_day()

    def offer(self, branches: Iterable[Branch], ranks: Sequence[Rank], *, kept: int | None = None) -> None:
        """Fill the lists; `kept` is the unit that may be closed but stands in the row already."""
        self.unit.choices = unit_choices(branches, kept=kept)
        self.rank.choices = rank_choices(ranks)


class OfficerForm(PostingPart, StaffForm):
    """An officer with the posting."""

    entered_service_on: Any = DateField(_l("Entered service on"), [Optional()])


class CorrectPostingForm(PostingPart):
    """A posting as it should have been recorded."""

    to_on = _last_day()
    reason = _reason()


class NameForm(_NamesPart):
    """A correction of names. `version` is the person as the page showed it."""

    version: Any = HiddenField(validators=[InputRequired(), Regexp(r"^\d{1,9}$")])
    reason = _reason()


class ReasonForm(BaseForm):
    """A reason, before something that needs one."""

    reason = _reason()


class RoleForm(BaseForm):
    """A role with its days."""

    role: Any = SelectField(_l("Role"), [InputRequired(_l("Choose the role."))])
    region: Any = SelectField(_l("Region"), [Optional()], coerce=_id_or_none)
    from_on = _first_day()
    to_on = _last_day()

    def offer(self, regions: Sequence[Region], today: date) -> None:
        """Fill the lists; the role begins today unless somebody says otherwise."""
        self.role.choices = [SelectChoice("", str(CHOOSE))] + [
            SelectChoice(role, str(labels.ROLES[role])) for role in ROLES
        ]
        self.region.choices = region_choices(regions, none=_l("No region"))
        if not self.is_submitted():
            self.from_on.data = today


class EndRoleForm(BaseForm):
    """The last day of a role; empty is at once."""

    last_day = _last_day()


class FirstCodeForm(BaseForm):
    """A first activation code: nothing to say but yes."""


class NewCodeForm(BaseForm):
    """An activation code after a forgotten password."""

    document_seen: Any = BooleanField(
        _l("I saw the person's identity document"),
        [DataRequired(message=_l("Look at the identity document first, then tick the box."))],
    )


class UnitForm(BaseForm):
    """A unit to be added."""

    parent = _number(_l("Belongs to"), _l("Choose the unit above."))
    kind: Any = SelectField(_l("Kind"), [InputRequired(_l("Choose the kind."))])
    code: Any = StringField(
        _l("Code"),
        [
            DataRequired(_l("Enter the code.")),
            Regexp(UNIT_CODE, message=_l("Use 2 to 30 capital Latin letters, digits and hyphens.")),
        ],
        render_kw={"autocomplete": "off"},
    )
    name_ky = _name(_l("Name in Kyrgyz"), _l("Enter the name in Kyrgyz."), lang="ky")
    name_ru = _name(_l("Name in Russian"), _l("Enter the name in Russian."), lang="ru")
    name_en = _name(_l("Name in English"), _l("Enter the name in English."), lang="en")
    region: Any = SelectField(_l("Region"), [Optional()], coerce=_id_or_none)
    from_on = _first_day()

    def offer(self, branches: Iterable[Branch], regions: Sequence[Region], today: date) -> None:
        """Fill the lists."""
        self.parent.choices = unit_choices(branches)
        self.kind.choices = [SelectChoice("", str(CHOOSE))] + [
            SelectChoice(kind, str(label)) for kind, label in labels.KINDS.items()
        ]
        self.region.choices = region_choices(regions, none=CENTRAL_LABEL)
        if not self.is_submitted():
            self.from_on.data = today


class UnitRegionForm(BaseForm):
    """The region of a unit from a day on."""

    region: Any = SelectField(_l("Region"), [Optional()], coerce=_id_or_none)
    from_on = _first_day()

    def offer(self, regions: Sequence[Region]) -> None:
        """Fill the list."""
        self.region.choices = region_choices(regions, none=CENTRAL_LABEL)


class RegionForm(BaseForm):
    """Names and days of a region."""

    name_ky = _name(_l("Name in Kyrgyz"), _l("Enter the name in Kyrgyz."), lang="ky")
    name_ru = _name(_l("Name in Russian"), _l("Enter the name in Russian."), lang="ru")
    name_en = _name(_l("Name in English"), _l("Enter the name in English."), lang="en")
    valid_from: Any = DateField(_l("First day"), [Optional()])
    valid_to = _last_day()
