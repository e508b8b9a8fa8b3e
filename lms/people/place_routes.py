"""Places: the tree of units, regions, the slips of a whole unit."""

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from lms import clock
from lms.access import access, actor, may
from lms.accounts import actions as accounts
from lms.accounts import codes, slips
from lms.db import db
from lms.i18n import language
from lms.people import directory, forms, labels, place_actions, places
from lms.people.form_pages import Answer, accepted, confirm_form, done, form_page
from lms.people.place_actions import NewUnit, RegionFacts
from lms.people.rules import MAX_SLIPS, TooManySlips

blueprint = Blueprint("places", __name__)


@blueprint.get("/units")
@access("people.view")
def units() -> Answer:
    """Show the tree of units with the people of today."""
    return render_template(
        "people/units.html", branches=places.tree(actor().scope, clock.today()), kinds=labels.KINDS
    )


@blueprint.route("/units/new", methods=["GET", "POST"])
@access("people.manage")
def new_unit() -> Answer:
    """Add a unit under another."""
    form = forms.UnitForm(data={"parent": request.args.get("parent", type=int)})
    form.offer(places.tree(actor().scope, clock.today()), places.regions_on(clock.today()), clock.today())
    if form.validate_on_submit():
        names = (form.name_ky.data, form.name_ru.data, form.name_en.data)
        new = NewUnit(
            form.code.data.strip(),
            form.kind.data,
            form.parent.data,
            names,
            form.region.data,
            form.from_on.data,
        )
        if accepted(form, lambda: place_actions.add_unit(new, actor_id=actor().person_id)):
            db.session.commit()
            return done(_("The unit was added."), url_for(".units"))
    return form_page(form, _("New unit"), label=_("Add the unit"), cancel=url_for(".units"))


@blueprint.route("/units/<int:unit_id>/region", methods=["GET", "POST"])
@access("people.manage")
def unit_region(unit_id: int) -> Answer:
    """Let a unit belong to another region from a day on."""
    unit = places.unit_or_404(unit_id)
    name = unit.name(language())
    history = places.region_history(unit_id)
    present = next((row.region_id for row in history if row.to_on is None), None)
    form = forms.UnitRegionForm(data={"region": present, "from_on": clock.today()})
    form.offer(places.regions_on(clock.today()))
    if form.validate_on_submit() and accepted(
        form,
        lambda: place_actions.give_region(
            unit_id, form.region.data, form.from_on.data, actor_id=actor().person_id
        ),
    ):
        db.session.commit()
        return done(_("The region of the unit was recorded."), url_for(".units"))
    return form_page(
        form,
        _("Region of the unit"),
        label=_("Save"),
        cancel=url_for(".units"),
        caption=name,
        lead=_(
            "Figures of the days before stay with the region of those days. Units below have a region of their own."
        ),
    )


@blueprint.route("/units/<int:unit_id>/slips", methods=["GET", "POST"])
@access("people.manage")
def unit_slips(unit_id: int) -> Answer:
    """Issue codes for everybody of a unit who never activated, and show the slips, this once."""
    unit = places.unit_or_404(unit_id)
    name = unit.name(language())
    waiting = directory.never_activated(
        unit_id, without=actor().person_id, with_administrators=may("people.roles"), limit=MAX_SLIPS + 1
    )
    if len(waiting) > MAX_SLIPS:
        raise TooManySlips
    if not waiting:
        return render_template("people/no_slips.html", unit_name=name)
    form = forms.FirstCodeForm()
    if form.validate_on_submit():
        expires_at = codes.expires_at(clock.now())
        page = slips.page(
            [(person, _first_code(person.id), expires_at) for person in waiting], unit_name=name
        )
        db.session.commit()
        return page  # not a redirect: the codes are in this answer and nowhere else
    return confirm_form(
        form,
        _("Activation slips: %(unit)s", unit=name),
        ngettext(
            "%(num)d person of this unit and the units below never chose a password. A code is made for this"
            " person now and shown once; a code issued before stops working.",
            "%(num)d people of this unit and the units below never chose a password. A code is made for each of"
            " them now and shown once; codes issued before stop working.",
            len(waiting),
        ),
        label=_("Issue the codes and show the slips"),
        cancel=url_for(".units"),
        kind="primary",
    )


def _first_code(person_id: int) -> str:
    return accounts.issue_activation(person_id, "first", document_seen=False, actor_id=actor().person_id)


@blueprint.get("/regions")
@access("people.view")
def regions() -> Answer:
    """Show the regions with their days."""
    return render_template("people/regions.html", regions=places.regions(), today=clock.today())


@blueprint.route("/regions/<int:region_id>", methods=["GET", "POST"])
@access("people.manage")
def edit_region(region_id: int) -> Answer:
    """Edit names and days of a region."""
    region = places.region_or_404(region_id)
    code = region.code
    form = forms.RegionForm(obj=region)
    if form.validate_on_submit():
        facts = RegionFacts(
            form.name_ky.data, form.name_ru.data, form.name_en.data, form.valid_from.data, form.valid_to.data
        )
        if accepted(form, lambda: place_actions.edit_region(region, facts, actor_id=actor().person_id)):
            db.session.commit()
            return done(_("The region was saved."), url_for(".regions"))
    return form_page(form, _("Edit the region"), label=_("Save"), cancel=url_for(".regions"), caption=code)
