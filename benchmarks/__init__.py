"""Side-by-side measurements and the fidelity run."""
