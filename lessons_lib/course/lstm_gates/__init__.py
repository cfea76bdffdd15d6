"""Lesson 05, the gates of an LSTM."""
