"""The parts of a course package that hold questions: quiz.yaml of each module, and exam.yaml."""
