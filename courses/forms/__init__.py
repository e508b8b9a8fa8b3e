"""The forms of courses, by audience."""
