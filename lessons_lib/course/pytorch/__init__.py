"""Lesson 10, from NumPy to PyTorch."""
