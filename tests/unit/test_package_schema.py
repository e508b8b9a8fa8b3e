"""The schema for editors says the same as the check: our packages pass it, and both know the same names."""

import json
import re
from pathlib import Path

import pytest

from assessments.package.check import FIELDS
from courses.package import SHIPPED, check, describe, dump_yaml, load_yaml, read_folder
from tests.packages import FOLDER

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "course-package.schema.json").read_text())
KINDS = {"object": dict, "array": list, "string": str, "boolean": bool}
MINI = dict(read_folder(FOLDER / "MINI-1").files)


def resolve(schema):
    """Follow a reference."""
    return SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def breaches(value, schema, path=""):
    """Return where a value breaks a schema: as much of JSON Schema as ours uses."""
    schema = resolve(schema)
    if "oneOf" in schema:
        tries = [breaches(value, one, path) for one in schema["oneOf"]]
        return [] if tries.count([]) == 1 else [f"{path}: {min(tries, key=len)}"]
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{path}: {value} is none of {schema['enum']}"]
    kind = schema["type"]
    if kind in ("integer", "number"):
        good = isinstance(value, int if kind == "integer" else int | float) and not isinstance(value, bool)
        good = good and schema.get("minimum", value) <= value <= schema.get("maximum", value)
        return [] if good else [f"{path}: {value}"]
    if not isinstance(value, KINDS[kind]):
        return [f"{path}: {value!r} is no {kind}"]
    found = []
    if kind == "string" and not re.search(schema.get("pattern", ""), value):
        found.append(f"{path}: {value} is not {schema['pattern']}")
    if kind == "array":
        found += [f"{path}: too short"] * (len(value) < schema.get("minItems", 0))
        for number, item in enumerate(value):
            found += breaches(item, schema.get("items", {}), f"{path}/{number}")
    if kind == "object":
        known = schema.get("properties", {})
        found += [f"{path}: {key} is missing" for key in schema.get("required", []) if key not in value]
        for key, part in value.items():
            inner = known.get(key, schema.get("additionalProperties"))
            if not inner:
                found.append(f"{path}: {key} is not known")
            else:
                found += breaches(part, inner, f"{path}/{key}")
    return found


def kind_of(name):
    """Return the part of the schema that describes a file."""
    return SCHEMA["$defs"][Path(name).stem]


@pytest.mark.parametrize("folder", [FOLDER / "MINI-1", FOLDER / "MINI-2", *sorted(SHIPPED.iterdir())])
def test_our_packages_pass_the_schema(folder):
    files = read_folder(folder).files

    found = {
        name: breaches(load_yaml(body.decode()).value, kind_of(name))
        for name, body in files.items()
        if name.endswith(".yaml")
    }

    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("course.yaml", ()),
        ("course.yaml", ("hours",)),
        ("course.yaml", ("requirements",)),
        ("course.yaml", ("requirements", "attendance")),
        ("course.yaml", ("requirements", "practical_tasks", 0)),
        ("course.yaml", ("score",)),
        ("course.yaml", ("quiz",)),
        ("course.yaml", ("exam",)),
        ("course.yaml", ("certificate",)),
        ("M1/module.yaml", ()),
        ("M1/module.yaml", ("outcomes", 0)),
        ("M1/module.yaml", ("sources", 0)),
    ],
)
def test_the_check_and_the_schema_know_the_same_names(name, path):
    value = json.loads(json.dumps(load_yaml(MINI[name].decode()).value))
    part, schema = value, kind_of(name)
    for step in path:
        part = part[step]
        schema = resolve(schema["items"] if isinstance(step, int) else schema["properties"][step])
    part["unheard-of"] = "x"

    faults = check(describe({**MINI, name: dump_yaml(value).encode()}))

    messages = [fault.message for fault in faults if "unheard-of" in fault.message]
    known = re.findall(r"Known: (.*)\.$", messages[0])[0].split(", ")
    assert known == sorted(schema["properties"])


@pytest.mark.parametrize("type_", sorted(FIELDS))
def test_the_schema_knows_the_fields_of_every_type_of_question(type_):
    needed, optional = FIELDS[type_]
    always = {"id", "type", "feedback"}

    schema = SCHEMA["$defs"][type_]

    assert set(schema["properties"]) == needed | optional | always
    assert set(schema["required"]) == needed | always
