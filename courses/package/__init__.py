"""The course package: a folder or zip of Markdown and YAML, as docs/course-package.md describes it.

For those who read a part of it in another plug-in (hooks `check_package`, `load_package`, `package_parts`):
`load_yaml(text)` gives a `Document` with `.value`, `.line("slots", 0, "id")` and `.faults`, and `dump_yaml(value)`
the canonical form, in which `package_parts` must give its files. The files that `load_package` gets are canonical.
"""

from courses.package.canonical import (
    MEDIA_TYPES,
    ModuleContent,
    TextContent,
    canonical,
    canonical_markdown,
    digest_of,
    module_content,
    not_canonical,
    structure,
)
from courses.package.check import check
from courses.package.differences import FileDifference, differences
from courses.package.documents import LANGUAGES, Document, dump_yaml, in_order, load_yaml
from courses.package.figures import figures, table
from courses.package.files import (
    SHIPPED,
    PackageRefused,
    describe,
    read_folder,
    read_zip,
    text_of,
    write_folder,
    write_zip,
)

__all__ = [
    "LANGUAGES",
    "MEDIA_TYPES",
    "SHIPPED",
    "Document",
    "FileDifference",
    "ModuleContent",
    "PackageRefused",
    "TextContent",
    "canonical",
    "canonical_markdown",
    "check",
    "describe",
    "differences",
    "digest_of",
    "dump_yaml",
    "figures",
    "in_order",
    "load_yaml",
    "module_content",
    "not_canonical",
    "read_folder",
    "read_zip",
    "structure",
    "table",
    "text_of",
    "write_folder",
    "write_zip",
]
