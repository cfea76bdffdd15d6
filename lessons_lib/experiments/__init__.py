"""The course's experiments: each module returns numbers and draws nothing."""
