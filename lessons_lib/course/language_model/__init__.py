"""Lesson 08, an LSTM language model."""
