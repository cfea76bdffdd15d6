"""The lessons: for each a folder with its exercises, figures and experiments."""
