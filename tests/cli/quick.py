"""Settings that make a run of the village take a second."""

QUICK = ["--set", "hidden_size=8", "--set", "embed_size=8", "--set", "epochs=1"]
