"""The page of the audit trail."""

from collections.abc import Sequence
from typing import Any

from flask import render_template, request, url_for
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2
from wtforms.validators import Length, Optional

from lms import audit_queries
from lms.access import access
from lms.audit_labels import action_label, field_label
from lms.audit_queries import Wanted
from lms.forms import BaseForm
from lms.pages import number_of
from lms.people.forms import stripped


class AuditForm(BaseForm):
    """What the trail is filtered by; sent by GET."""

    class Meta(BaseForm.Meta):
        """Nothing is written, so there is no token in the address."""

        csrf = False

    who: Any = StringField(_l("Who did it"), [Optional(), Length(max=100)], filters=[stripped])
    about: Any = StringField(
        _l("About whom"),
        [Optional(), Length(max=100)],
        filters=[stripped],
        description=_l("Name or service number"),
    )
    action: Any = SelectField(_l("Action"), [Optional()])
    subject: Any = SelectField(_l("Subject"), [Optional()])
    from_on: Any = DateField(_l("First day"), [Optional()])
    to_on: Any = DateField(_l("Last day"), [Optional()])

    def offer(self, actions: Sequence[str], subjects: Sequence[str]) -> None:
        """Fill the lists."""
        self.action.choices = [
            SelectChoice("", str(_l("All actions"))),
            *(SelectChoice(action, action_label(action)) for action in actions),
        ]
        self.subject.choices = [
            SelectChoice("", str(_l("All subjects"))),
            *(SelectChoice(subject, field_label(subject)) for subject in subjects),
        ]


@access("audit.view")
def audit_log() -> Any:
    """Show the audit trail, the latest entry first."""
    form = AuditForm(request.args)
    form.offer(*audit_queries.kinds())
    if not form.validate():
        return render_template("lms/audit.html", form=form, page=None, wanted=Wanted()), 422
    wanted = Wanted(
        form.who.data or "",
        form.about.data or "",
        form.action.data or "",
        form.subject.data or "",
        form.from_on.data,
        form.to_on.data,
    )
    return render_template(
        "lms/audit.html",
        form=form,
        wanted=wanted,
        page=audit_queries.entries(wanted, number_of(request.args.get("page"))),
        page_url=lambda number: url_for("lms.audit_log", **{**request.args.to_dict(), "page": number}),
    )
