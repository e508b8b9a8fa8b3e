"""What the pages of quizzes show, loaded; who may see what is decided here."""
