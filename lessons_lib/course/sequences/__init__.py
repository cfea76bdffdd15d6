"""Lesson 01, sequences and recurrence."""
