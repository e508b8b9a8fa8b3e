"""What is done with courses: import and publish, learn, record."""
