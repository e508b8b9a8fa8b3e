"""People: find, create, postings, roles, names, suspension, activation slips."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from lms import clock
from lms.access import access, actor, may
from lms.accounts import actions as accounts
from lms.accounts import codes, slips
from lms.db import db
from lms.errors import RuleError
from lms.pages import number_of
from lms.people import actions, directory, forms, labels, places
from lms.people.actions import NewPerson, NewPosting
from lms.people.directory import Wanted
from lms.people.form_pages import Answer, accepted, confirm_form, done, form_page
from lms.people.models import Person
from lms.people.place_routes import blueprint as place_blueprint
from lms.people.rules import ServiceNumberTaken, Span

blueprint = Blueprint("people", __name__, url_prefix="/people")
blueprint.register_blueprint(place_blueprint)

CREATED = _l("The person was created. Print the activation slip now, or later for the whole unit.")


@blueprint.get("")
@access("people.view")
def index() -> Answer:
    """Find people."""
    scope = actor().scope
    form = forms.FindForm(request.args)
    form.offer(places.tree(scope, clock.today()), places.regions_of(scope), central=scope.everywhere)
    if not form.validate():
        return render_template("people/index.html", form=form, page=None, wanted=Wanted()), 422
    wanted = Wanted(form.q.data or "", form.unit.data, form.region.data or "", form.role.data or "")
    page = directory.people(wanted, scope, number_of(request.args.get("page")))
    return render_template(
        "people/index.html",
        form=form,
        page=page,
        wanted=wanted,
        roles=labels.ROLES,
        page_url=lambda number: url_for(".index", **{**request.args.to_dict(), "page": number}),
    )


@blueprint.get("/<int:person_id>")
@access("people.view")
def show(person_id: int) -> Answer:
    """Show the record of a person."""
    person = directory.person_or_404(person_id, actor().scope)
    record = directory.record_of(person, with_audit=may("audit.view"))
    own = person.id == actor().person_id
    return render_template(
        "people/show.html",
        record=record,
        person=person,
        own=own,
        roles=labels.ROLES,
        # An administrator's account is touched by administrators only.
        manageable=may("people.manage") and not own and (may("people.roles") or not record.is_administrator),
    )


def _record_url(person_id: int) -> str:
    return url_for("people.show", person_id=person_id)


@blueprint.route("/officers/new", methods=["GET", "POST"])
@access("people.manage")
def new_officer() -> Answer:
    """Create an officer with the posting."""
    form = forms.OfficerForm()
    form.offer(places.tree(actor().scope, clock.today()), places.ranks())
    if form.validate_on_submit():
        posting = NewPosting(form.unit.data, form.rank.data, form.job.data or "", form.from_on.data)
        created = _create(form, form.entered_service_on.data, posting)
        if created:
            db.session.commit()
            return done(CREATED, _record_url(created.id))
    return form_page(form, _("New officer"), label=_("Create"), cancel=url_for(".index"))


@blueprint.route("/staff/new", methods=["GET", "POST"])
@access("people.manage")
def new_staff() -> Answer:
    """Create a person without a posting."""
    form = forms.StaffForm()
    if form.validate_on_submit():
        created = _create(form, None, None)
        if created:
            db.session.commit()
            return done(CREATED, _record_url(created.id))
    return form_page(
        form,
        _("New member of staff"),
        label=_("Create"),
        cancel=url_for(".index"),
        lead=_(
            "For people without a posting: auditors, civilians. An administrator gives them a role afterwards."
        ),
    )


def _create(form: Any, entered_on: Any, posting: NewPosting | None) -> Person | None:
    new = NewPerson(
        form.service_number.data, form.names(), form.sex.data, form.language.data, entered_on, posting
    )
    try:
        return actions.create(new, actor_id=actor().person_id)
    except ServiceNumberTaken as refused:
        form.service_number.errors = [str(refused.advice)]
    except RuleError as refused:
        form.form_errors.append(str(refused.advice or refused.title))
    return None


@blueprint.route("/<int:person_id>/postings/new", methods=["GET", "POST"])
@access("people.manage")
def new_posting(person_id: int) -> Answer:
    """Record a posting from a day on."""
    person = directory.person_or_404(person_id, actor().scope)
    name = person.full_name
    form = forms.PostingPart()
    form.offer(places.tree(actor().scope, clock.today()), places.ranks())
    if form.validate_on_submit():
        new = NewPosting(form.unit.data, form.rank.data, form.job.data or "", form.from_on.data)
        if accepted(form, lambda: actions.record_posting(person_id, new, actor_id=actor().person_id)):
            db.session.commit()
            return done(_("The posting was recorded."), _record_url(person_id))
    return form_page(
        form,
        _("Record a posting"),
        label=_("Save"),
        cancel=_record_url(person_id),
        caption=name,
        lead=_("The present posting ends on the day before. A new rank in the same unit is a posting, too."),
    )


@blueprint.route("/<int:person_id>/postings/<int:posting_id>", methods=["GET", "POST"])
@access("people.manage")
def correct_posting(person_id: int, posting_id: int) -> Answer:
    """Correct a posting that was recorded wrongly, or end it."""
    person = directory.person_or_404(person_id, actor().scope)
    posting = directory.posting_or_404(person_id, posting_id)
    name = person.full_name
    form = forms.CorrectPostingForm(
        data={
            "unit": posting.unit_id,
            "rank": posting.rank_id,
            "job": posting.job,
            "from_on": posting.from_on,
            "to_on": posting.to_on,
        }
    )
    form.offer(places.tree(actor().scope, clock.today()), places.ranks(), kept=posting.unit_id)
    if form.validate_on_submit():
        new = NewPosting(form.unit.data, form.rank.data, form.job.data or "", form.from_on.data)
        if accepted(
            form,
            lambda: actions.correct_posting(
                posting, new, form.to_on.data, reason=form.reason.data, actor_id=actor().person_id
            ),
        ):
            db.session.commit()
            return done(
                _("The posting was corrected. What was recorded before stays in the history."),
                _record_url(person_id),
            )
    return form_page(
        form,
        _("Correct a posting"),
        label=_("Save"),
        cancel=_record_url(person_id),
        caption=name,
        lead=_("Only for what was recorded wrongly, or to enter the last day. A transfer is a new posting."),
    )


@blueprint.route("/<int:person_id>/name", methods=["GET", "POST"])
@access("people.manage")
def correct_name(person_id: int) -> Answer:
    """Correct the names of a person."""
    person = directory.person_or_404(person_id, actor().scope)
    name = person.full_name
    form = forms.NameForm(obj=person)
    if form.validate_on_submit() and accepted(
        form,
        lambda: actions.correct_name(
            person_id,
            form.names(),
            reason=form.reason.data,
            expected_version=int(form.version.data),
            actor_id=actor().person_id,
        ),
    ):
        db.session.commit()
        return done(
            _("The name was corrected. Certificates keep the name of the day they were issued."),
            _record_url(person_id),
        )
    return form_page(
        form, _("Correct the name"), label=_("Save"), cancel=_record_url(person_id), caption=name
    )


@blueprint.route("/<int:person_id>/suspend", methods=["GET", "POST"])
@access("people.manage")
def suspend(person_id: int) -> Answer:
    """Keep a person from signing in."""
    person = directory.person_or_404(person_id, actor().scope)
    actions.check_account_change(person_id, actor_id=actor().person_id)
    name = person.full_name
    form = forms.ReasonForm()
    if form.validate_on_submit() and accepted(
        form,
        lambda: actions.suspend(person_id, reason=form.reason.data, actor_id=actor().person_id),
    ):
        db.session.commit()
        return done(_("The person is suspended and signed out everywhere."), _record_url(person_id))
    return confirm_form(
        form,
        _("Suspend %(name)s?", name=name),
        _("The person is signed out everywhere at once, also in the middle of an exam, and cannot sign in."),
        label=_("Suspend"),
        cancel=_record_url(person_id),
    )


@blueprint.route("/<int:person_id>/lift-suspension", methods=["GET", "POST"])
@access("people.manage")
def lift_suspension(person_id: int) -> Answer:
    """Let a suspended person sign in again."""
    person = directory.person_or_404(person_id, actor().scope)
    actions.check_account_change(person_id, actor_id=actor().person_id)
    name = person.full_name
    form = forms.ReasonForm()
    if form.validate_on_submit() and accepted(
        form,
        lambda: actions.lift_suspension(person_id, reason=form.reason.data, actor_id=actor().person_id),
    ):
        db.session.commit()
        return done(_("The suspension is lifted."), _record_url(person_id))
    return confirm_form(
        form,
        _("Lift the suspension of %(name)s?", name=name),
        _("The person can sign in again with the password of before."),
        label=_("Lift the suspension"),
        cancel=_record_url(person_id),
        kind="primary",
    )


@blueprint.route("/<int:person_id>/roles/new", methods=["GET", "POST"])
@access("people.roles")
def give_role(person_id: int) -> Answer:
    """Give a person a role."""
    person = directory.person_or_404(person_id, actor().scope)
    name = person.full_name
    form = forms.RoleForm()
    form.offer(places.regions_on(clock.today()), clock.today())
    if form.validate_on_submit():
        span = Span(form.from_on.data, form.to_on.data)
        if accepted(
            form,
            lambda: actions.give_role(
                person_id, form.role.data, form.region.data, span, actor_id=actor().person_id
            ),
        ):
            db.session.commit()
            return done(_("The role was given."), _record_url(person_id))
    return form_page(
        form, _("Give a role"), label=_("Give the role"), cancel=_record_url(person_id), caption=name
    )


@blueprint.route("/<int:person_id>/roles/<int:assignment_id>/end", methods=["GET", "POST"])
@access("people.roles")
def end_role(person_id: int, assignment_id: int) -> Answer:
    """End a role, at once or on a day to come."""
    person = directory.person_or_404(person_id, actor().scope)
    assignment = directory.assignment_or_404(person_id, assignment_id)
    title = _("End the role %(role)s of %(name)s?", role=labels.ROLES[assignment.role], name=person.full_name)
    form = forms.EndRoleForm()
    if form.validate_on_submit() and accepted(
        form,
        lambda: actions.end_role(assignment, form.last_day.data, actor_id=actor().person_id),
    ):
        db.session.commit()
        return done(_("The role was ended."), _record_url(person_id))
    return confirm_form(
        form,
        title,
        _("Without a last day the role ends at once, and the person is signed out everywhere."),
        label=_("End the role"),
        cancel=_record_url(person_id),
    )


@blueprint.route("/<int:person_id>/code", methods=["GET", "POST"])
@access("people.manage")
def issue_code(person_id: int) -> Answer:
    """Issue an activation code and show its slip, this once."""
    person = directory.person_or_404(person_id, actor().scope)
    actions.check_account_change(person_id, actor_id=actor().person_id)
    activated = directory.sign_in_state(person_id).activated_at is not None
    name = person.full_name
    form = forms.NewCodeForm() if activated else forms.FirstCodeForm()
    issued: list[str] = []
    if form.validate_on_submit() and accepted(form, lambda: issued.append(_issue(person_id, activated))):
        page = slips.page([(person, issued[0], codes.expires_at(clock.now()))])
        db.session.commit()
        return page  # not a redirect: the code is in this answer and nowhere else
    text = (
        _(
            "The person forgot the password. Look at the identity document first: whoever gets the code can take"
            " the account over. That you saw it is recorded. The old password works until a new one is chosen."
        )
        if activated
        else _("The code is shown once, on the slip. A code issued before stops working.")
    )
    return confirm_form(
        form,
        _("Activation code for %(name)s", name=name),
        text,
        label=_("Issue the code and show the slip"),
        cancel=_record_url(person_id),
        kind="primary",
    )


def _issue(person_id: int, activated: bool) -> str:
    return accounts.issue_activation(
        person_id,
        reason="forgotten" if activated else "first",
        document_seen=activated,
        actor_id=actor().person_id,
    )
