"""Who finds what: for every route with a parameter, an object of the world and those who may find it.

Everybody else who holds the route's permission gets 404, as if it were not there. A route with a parameter that is
not listed here fails `test_roles_and_routes.py`: add a line, with a record of Aigul, Daniyar or the region of Osh.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from werkzeug.routing import Rule

from tests.suite.world import ACTORS, DONE, FULL, World

EVERYBODY = frozenset(ACTORS)
OFFICERS = frozenset({"aigul", "bakyt"})
AIGUL = frozenset({"aigul"})
DANIYAR = frozenset({"daniyar"})
# Daniyar's course is found by Daniyar and, where the permission reaches so far, by the department.
OF_THE_COURSE = frozenset({"daniyar", "gulnara", "farida", "elena"})
# Aigul serves in Osh oblast.
OF_HER_REGION = frozenset({"ilyas", "farida", "gulnara", "elena"})
WHOLE_COUNTRY = frozenset({"ilyas", "jyldyz", "farida", "gulnara", "elena"})


@dataclass(frozen=True)
class Address:
    """Values for the parameters of a route (`=name` is an id of the world), and who finds that object."""

    finds: frozenset[str]
    values: dict[str, Any] = field(default_factory=dict)

    def filled(self, world: World) -> dict[str, Any]:
        """Return the values with the world's ids."""
        return {
            name: world.ids[value[1:]] if isinstance(value, str) and value.startswith("=") else value
            for name, value in self.values.items()
        }


def at(finds: frozenset[str], **values: Any) -> Address:
    """Return an address."""
    return Address(finds, values)


ADDRESSES: dict[str, list[Address]] = {
    # The officer's own.
    "courses.course": [at(OFFICERS, code=FULL), at(OFFICERS, code=DONE)],
    "courses.section": [at(AIGUL, code=FULL, module="M1", section="=section")],
    "courses.mark_read": [at(AIGUL, code=FULL, module="M1", section="=section")],
    "courses.image": [at(AIGUL, code=FULL, module="M2", name="map.png")],
    "courses.print_module": [at(AIGUL, code=FULL, module="M1")],
    "courses.enrol": [at(OFFICERS, code=FULL)],
    "courses.ask_withdraw": [at(AIGUL, code=FULL)],
    "courses.withdraw": [at(AIGUL, code=FULL)],
    "assessments.quiz": [at(AIGUL, code=FULL, module="M1"), at(AIGUL, code=FULL, module="exam")],
    "assessments.start": [at(AIGUL, code=FULL, module="M1")],
    "assessments.attempt": [
        at(AIGUL, attempt_id="=open_attempt"),
        at(AIGUL, attempt_id="=closed_attempt"),
    ],
    "assessments.save_page": [at(AIGUL, attempt_id="=open_attempt")],
    "assessments.save_answer": [at(AIGUL, attempt_id="=open_attempt")],
    "assessments.finish": [at(AIGUL, attempt_id="=open_attempt")],
    "assessments.submit": [at(AIGUL, attempt_id="=open_attempt")],
    "assessments.result": [at(AIGUL, attempt_id="=closed_attempt")],
    "assessments.ask_report": [at(AIGUL, attempt_id="=open_attempt", position=1)],
    "assessments.report": [at(AIGUL, attempt_id="=open_attempt", position=1)],
    "my_certificates.download": [
        at(AIGUL, certificate_id="=certificate", language="ky-ru"),
        at(AIGUL, certificate_id="=certificate", language="en"),
    ],
    # The instructor's courses.
    "enrolment.course": [at(OF_THE_COURSE, code=FULL)],
    "enrolment.add": [at(OF_THE_COURSE, code=FULL)],
    "enrolment.preview": [at(OF_THE_COURSE, code=FULL)],
    "enrolment.confirm": [at(OF_THE_COURSE, code=FULL)],
    "enrolment.withdraw": [at(OF_THE_COURSE, code=FULL, enrolment_id="=enrolment")],
    "records.course": [at(OF_THE_COURSE, code=FULL)],
    "records.attendance": [at(OF_THE_COURSE, code=FULL, day=1)],
    "records.officer": [at(OF_THE_COURSE, code=FULL, enrolment_id="=enrolment")],
    "records.grade": [at(OF_THE_COURSE, code=FULL, enrolment_id="=enrolment", task="plan")],
    "records.task": [at(OF_THE_COURSE, code=FULL, task="plan")],
    "results.course": [at(DANIYAR, code=FULL)],
    "results.quiz": [at(DANIYAR, code=FULL, module="M1"), at(DANIYAR, code=FULL, module="exam")],
    "results.questions": [at(DANIYAR, code=FULL, module="M1"), at(DANIYAR, code=FULL, module="exam")],
    "results.officer": [at(DANIYAR, code=FULL, module="M1", enrolment_id="=enrolment")],
    "results.unlock": [at(DANIYAR, code=FULL, module="exam", enrolment_id="=enrolment")],
    "results.attempt": [
        at(DANIYAR, code=FULL, attempt_id="=closed_attempt"),
        at(DANIYAR, code=FULL, attempt_id="=open_attempt"),
    ],
    "results.reports": [at(DANIYAR, code=FULL)],
    "results.report": [at(DANIYAR, code=FULL, report_id="=report")],
    # Extra time, which only the department sees.
    "extra_time.officer": [at(EVERYBODY, person_id="=person")],
    "extra_time.end": [at(EVERYBODY, factor_id="=time_factor")],
    # Writing courses, and who is assigned to them.
    "author.course": [at(DANIYAR, code=FULL)],
    "author.compare": [at(DANIYAR, code=FULL)],
    "author.preview": [at(DANIYAR, code=FULL)],
    "author.preview_module": [at(DANIYAR, code=FULL, module="M1")],
    "author.preview_image": [at(DANIYAR, code=FULL, module="M2", name="map.png")],
    "author.publish": [at(DANIYAR, code=FULL)],
    "author.do_publish": [at(DANIYAR, code=FULL)],
    "author.export": [
        at(DANIYAR, code=FULL, revision_id="=published"),
        at(DANIYAR, code=FULL, revision_id="=draft"),
    ],
    "author.text": [at(DANIYAR, code=FULL, module="M1", language="ru")],
    "author.review": [at(DANIYAR, code=FULL, module="M1", language="ru")],
    "author.upload": [at(DANIYAR, code=FULL)],
    "instructors.course": [at(EVERYBODY, code=FULL)],
    "instructors.end": [at(EVERYBODY, code=FULL, assignment_id="=assignment")],
    # The register of certificates.
    "certificate_register.show": [at(OF_THE_COURSE | OF_HER_REGION, certificate_id="=certificate")],
    "certificate_register.download": [
        at(OF_THE_COURSE | OF_HER_REGION, certificate_id="=certificate", language="ky-ru")
    ],
    "certificate_register.revoke": [at(OF_HER_REGION, certificate_id="=certificate")],
    "certificate_register.reissue": [at(OF_HER_REGION, certificate_id="=certificate")],
    "certificates.verify_code": [at(EVERYBODY, code="=certificate_code")],
    # People and places.
    "people.show": [at(OF_HER_REGION, person_id="=person")],
    "people.issue_code": [at(OF_HER_REGION, person_id="=person")],
    "people.lift_suspension": [at(OF_HER_REGION, person_id="=person")],
    "people.suspend": [at(OF_HER_REGION, person_id="=person")],
    "people.correct_name": [at(OF_HER_REGION, person_id="=person")],
    "people.correct_posting": [at(OF_HER_REGION, person_id="=person", posting_id="=posting")],
    "people.new_posting": [at(OF_HER_REGION, person_id="=person")],
    "people.end_role": [at(OF_HER_REGION, person_id="=person", assignment_id="=role")],
    "people.give_role": [at(OF_HER_REGION, person_id="=person")],
    "people.places.edit_region": [at(WHOLE_COUNTRY, region_id="=region")],
    "people.places.unit_region": [at(WHOLE_COUNTRY, unit_id="=unit")],
    "people.places.unit_slips": [at(WHOLE_COUNTRY, unit_id="=unit")],
    # Reports.
    "lms.report": [
        at(WHOLE_COUNTRY, name="completion-officers"),
        at(WHOLE_COUNTRY, name="completion-regions"),
    ],
    "lms.report_csv": [
        at(WHOLE_COUNTRY, name="completion-officers"),
        at(WHOLE_COUNTRY, name="completion-regions"),
    ],
}


def routes(world: World) -> Iterator[tuple[Rule, str, Address]]:
    """Give every route, method and address; routes without parameters have one address, which all find.

    Routes with parameters and no address are left out here; a test of its own names them.
    """
    for rule in sorted(world.app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        addresses = ADDRESSES.get(rule.endpoint, []) if rule.arguments else [Address(EVERYBODY)]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for address in addresses:
                yield rule, method, address


def url(world: World, rule: Rule, address: Address) -> str:
    """Return the address as a browser asks for it."""
    with world.app.test_request_context():
        return str(world.app.url_for(rule.endpoint, **address.filled(world)))


def without_address(world: World) -> list[str]:
    """Return the routes with parameters for which nobody said who finds what."""
    return sorted(
        {
            f"{rule.rule} ({rule.endpoint})"
            for rule in world.app.url_map.iter_rules()
            if rule.arguments and rule.endpoint not in ADDRESSES
        }
    )
