"""What an exercise is."""
