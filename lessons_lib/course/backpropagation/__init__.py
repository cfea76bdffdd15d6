"""Lesson 02, backpropagation through time."""
