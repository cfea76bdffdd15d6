"""Lesson 00, how to work."""
