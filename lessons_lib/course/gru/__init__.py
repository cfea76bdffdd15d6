"""Lesson 07, the GRU."""
