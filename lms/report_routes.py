"""Reports: the list, a report's page, its CSV."""

from collections.abc import Iterator
from typing import Any

from flask import Response, render_template, request, stream_with_context, url_for

from lms import audit, clock, report_queries
from lms.access import Scope, access, actor
from lms.db import own_transaction
from lms.pages import number_of
from lms.report_queries import Question
from lms.tables import csv_lines


@access("reports.view")
def reports() -> str:
    """List the reports that one may see."""
    return render_template("lms/reports.html", reports=report_queries.reports_for(actor()))


@access("reports.view")
def report(name: str) -> Any:
    """Show a report, a page of it at a time."""
    found = report_queries.report_or_404(name, actor())
    question = report_queries.asked(found, request.args, actor().scope)
    if question.faults:
        return _refused(question)
    page = report_queries.page(question, actor().scope, number_of(request.args.get("page")))
    return render_template(
        "lms/report.html",
        report=found,
        question=question,
        page=page,
        rows=[report_queries.shown(found, row._mapping) for row in page.rows],
        today=clock.today(),
        page_url=lambda number: _address("lms.report", question, page=number),
        csv_url=_address("lms.report_csv", question),
    )


def _address(endpoint: str, question: Question, **more: Any) -> str:
    values: dict[str, Any] = {**question.chosen, **more}
    return url_for(endpoint, name=question.report.name, **values)


def _refused(question: Question) -> tuple[str, int]:
    page = render_template("lms/report.html", report=question.report, question=question, page=None)
    return page, 422


@access("reports.view")
def report_csv(name: str) -> Any:
    """Send a report as CSV: every row that the filter shows, and who took it out is on record."""
    found = report_queries.report_or_404(name, actor())
    scope = actor().scope
    question = report_queries.asked(found, request.args, scope)
    if question.faults:
        return _refused(question)
    with own_transaction():
        audit.record(
            "report.exported",
            "report",
            subject_id=name,
            actor_id=actor().person_id,
            after={"format": "csv", **question.chosen},
        )
    file_name = f"{name}-{clock.today().isoformat()}.csv"
    return Response(
        stream_with_context(csv_lines(_lines(question, scope))),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )


def _lines(question: Question, scope: Scope) -> Iterator[list[Any]]:
    yield [str(column.label) for column in question.report.columns]
    with report_queries.streamed(question, scope) as rows:
        for row in rows:
            yield report_queries.shown(question.report, row)
