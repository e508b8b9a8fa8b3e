"""Forms of the author's pages."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from lms.forms import BaseForm

NOTE_LENGTH = 500


def _stripped(value: str | None) -> str | None:
    return " ".join(value.replace("\0", "").split()) if value else value


class UploadForm(BaseForm):
    """A course package as a zip."""

    package = FileField(
        _l("Course package (zip)"),
        validators=[FileRequired(_l("Choose a zip file."))],
        render_kw={"accept": ".zip,application/zip"},
    )


class PublishForm(BaseForm):
    """What kind of revision, and what changed. Asked by GET: the confirmation page is an address."""

    class Meta(BaseForm.Meta):
        """No token: asking changes nothing."""

        csrf = False

    kind = RadioField(
        _l("Kind of revision"),
        validators=[InputRequired(_l("Choose minor or major."))],
        choices=[
            SelectChoice("minor", _l("Minor: a translation, a typing error, a clearer sentence")),
            SelectChoice("major", _l("Major: something else is taught or asked")),
        ],
    )
    note = TextAreaField(
        _l("What changed"),
        validators=[DataRequired(_l("Write in one sentence what changed.")), Length(max=NOTE_LENGTH)],
        filters=[_stripped],
        render_kw={"rows": 3},
    )


class ConfirmPublishForm(BaseForm):
    """The publication as it was confirmed: of exactly the draft that was looked at."""

    kind = HiddenField(validators=[InputRequired()])
    note = HiddenField(validators=[DataRequired(), Length(max=NOTE_LENGTH)])
    digest = HiddenField(validators=[InputRequired()])


class ReviewForm(BaseForm):
    """The texts that the reviewer had on the page."""

    text_digest = HiddenField(validators=[InputRequired()])
    source_digest = HiddenField(validators=[InputRequired()])


class InstructorForm(BaseForm):
    """Who is assigned to a course, and from when to when."""

    service_number = StringField(
        _l("Service number"),
        validators=[InputRequired(_l("Enter the service number.")), Length(max=40)],
        filters=[_stripped],
        render_kw={"autocomplete": "off"},
    )
    from_on = DateField(_l("First day"), validators=[InputRequired(_l("Enter the first day."))])
    to_on = DateField(_l("Last day"), validators=[Optional()])


class EndForm(BaseForm):
    """The last day of an assignment."""

    to_on = DateField(_l("Last day"), validators=[InputRequired(_l("Enter the last day."))])
