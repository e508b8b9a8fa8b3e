"""What is asked about courses: content, study, records."""
