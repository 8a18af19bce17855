"""What was found, written for people: pure functions from results to text."""
