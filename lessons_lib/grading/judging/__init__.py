"""Compares an answer with the reference and says what is wrong."""
