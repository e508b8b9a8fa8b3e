"""Courses: packages and revisions, enrolment, reading progress, completion; the shipped courses."""
