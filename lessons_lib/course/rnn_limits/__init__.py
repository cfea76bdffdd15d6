"""Lesson 03, the limits of RNNs."""
