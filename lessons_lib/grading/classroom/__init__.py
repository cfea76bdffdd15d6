"""What an instructor needs after grading: a gradebook, pages, statistics, a look for copies."""
