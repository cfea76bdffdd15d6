"""How fast the package is: beside PyTorch, and beside its matrix products alone.

`benchmarks` says what is timed, `workers` runs it, each candidate in a process of its own,
`measuring` lets the candidates take turns, `memory` looks at memory, and `tables` writes down what
came out.
"""
