"""Assessments: question banks, quizzes and final exams, attempts and their grading."""
