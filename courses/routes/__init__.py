"""The pages of courses, by audience."""
