"""Thanks."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base


class Thanks(Base):
    """One person thanks another; nobody stands for the suite itself."""

    __tablename__ = "kudos_thanks"

    id: Mapped[int] = mapped_column(primary_key=True)
    from_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    text: Mapped[str]
    at: Mapped[datetime]


class Motto(Base):
    """The words of thanks that a course's package holds, by revision."""

    __tablename__ = "kudos_motto"

    course_revision_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]
