"""Forms of the pages of quizzes, by who fills them in."""
