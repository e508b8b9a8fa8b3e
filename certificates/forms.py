"""Forms of the register and of the public check."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import SearchField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2
from wtforms.validators import DataRequired, Length, ValidationError

from certificates.queries import STATE_LABELS, CourseChoice
from certificates.rules import normalise_code
from lms.forms import BaseForm

# A certificate has about 80 kB; nothing near this limit is one.
MAX_PDF_BYTES = 2 * 1024 * 1024


class _Get(BaseForm):
    """A form that only asks: its values stand in the address."""

    class Meta(BaseForm.Meta):
        """No token in addresses."""

        csrf = False


class RegisterForm(_Get):
    """What the register is searched for."""

    q = SearchField(_l("Name, service number or certificate number"), render_kw={"autocomplete": "off"})
    course = SelectField(_l("Course"), default="")
    state = SelectField(_l("State"), default="")

    def offer(self, courses: list[CourseChoice]) -> None:
        """Set the choices of the two lists."""
        self.course.choices = [
            SelectChoice("", _("All courses")),
            *(SelectChoice(str(course.course_id), f"{course.code} {course.title}") for course in courses),
        ]
        self.state.choices = [
            SelectChoice("", _("All states")),
            *(SelectChoice(state.value, str(label)) for state, label in STATE_LABELS.items()),
        ]


class CodeForm(_Get):
    """The verification code, typed from paper."""

    code = StringField(
        _l("Verification code"),
        validators=[DataRequired(_l("Type the code that stands under the square picture (QR code)."))],
        render_kw={
            "autocomplete": "off",
            "autocapitalize": "characters",
            "spellcheck": "false",
            "maxlength": 60,
        },
    )

    def validate_code(self, field: Any) -> None:
        """Refuse what cannot be a code."""
        if normalise_code(field.data) is None:
            raise ValidationError(
                _l(
                    "A code has 26 letters and digits. Compare what you typed with the paper: a character is missing,"
                    " doubled or wrong."
                )
            )


class FileForm(BaseForm):
    """A PDF to compare with what was issued. It is read once and not kept."""

    file = FileField(_l("PDF file"), render_kw={"accept": "application/pdf,.pdf"})

    content: bytes = b""

    def validate_file(self, field: Any) -> None:
        """Read the file, up to the limit."""
        upload = field.data
        if not isinstance(upload, FileStorage) or not upload.filename:
            raise ValidationError(_l("Choose the PDF file of the certificate."))
        content = upload.stream.read(MAX_PDF_BYTES + 1)
        if len(content) > MAX_PDF_BYTES:
            raise ValidationError(_l("The file is larger than 2 MB. An issued certificate never is."))
        if not content.startswith(b"%PDF-"):
            raise ValidationError(_l("This is not a PDF file. Choose the file as it was downloaded."))
        self.content = content


class RevokeForm(BaseForm):
    """Why a certificate is revoked; the public page shows it."""

    reason = TextAreaField(
        _l("Reason"),
        validators=[
            DataRequired(_l("Write the reason.")),
            Length(min=10, max=500, message=_l("Write the reason in 10 to 500 characters.")),
        ],
        filters=[lambda text: " ".join(text.split()) if text else text],
        render_kw={"rows": 3, "maxlength": 500},
    )


class ReissueForm(RevokeForm):
    """Why a certificate is issued anew; kept in the audit log."""
