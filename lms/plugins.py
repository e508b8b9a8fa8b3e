"""Find the plug-ins, check what they declare, and keep them on the app."""

import pluggy
from flask import Flask, current_app

from lms.hookspecs import GROUP, Hooks, Manifest


class PluginError(Exception):
    """A plug-in cannot be used; the text is one sentence."""


class Suite:
    """The plug-ins of one app: their manifests in the order of dependence, and the hooks.

    Belongs to the app, never to a module, so that two apps in one process do not share plug-ins.
    """

    def __init__(self, off: frozenset[str]) -> None:
        self.manager = pluggy.PluginManager("lms")
        self.manager.add_hookspecs(Hooks)
        for name in off:
            self.manager.set_blocked(name)
        self.manager.load_setuptools_entrypoints(GROUP)
        self.manager.check_pending()
        self.manifests = _in_order(self.manager.hook.manifest())

    @property
    def hook(self) -> pluggy.HookRelay:
        """Return the callable hooks."""
        return self.manager.hook


def _in_order(manifests: list[Manifest]) -> tuple[Manifest, ...]:
    by_name = {manifest.name: manifest for manifest in manifests}
    if len(by_name) != len(manifests):
        raise PluginError("Two plug-ins have the same name.")
    ordered: dict[str, Manifest] = {}

    def place(manifest: Manifest) -> None:
        for needed in manifest.requires:
            if needed not in by_name:
                raise PluginError(f"The plug-in {manifest.name} needs {needed}, which is not there.")
            place(by_name[needed])
        ordered.setdefault(manifest.name, manifest)

    for name in sorted(by_name):
        place(by_name[name])
    return tuple(ordered.values())


def init_app(app: Flask, off: frozenset[str]) -> Suite:
    """Load the plug-ins that are installed and not left out by `LMS_PLUGINS_OFF`."""
    suite = Suite(off)
    app.extensions["lms"] = suite
    return suite


def suite() -> Suite:
    """Return the plug-ins of the running app."""
    found: Suite = current_app.extensions["lms"]
    return found


def hooks() -> pluggy.HookRelay:
    """Return the hooks of the running app."""
    return suite().hook
