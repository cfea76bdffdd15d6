"""Lesson 04, gradient clipping."""
