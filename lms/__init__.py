"""The core of the suite: the app, the plug-in door, people and places, access, audit, reports, languages, PDF."""
