"""What is done with attempts."""
