"""Lesson 06, why LSTMs remember."""
