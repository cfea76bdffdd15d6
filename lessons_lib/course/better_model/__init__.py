"""Lesson 09, a better language model."""
