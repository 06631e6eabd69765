"""scratchnet and other libraries, timed side by side on the notebook's network: `python -m benchmarks step|predict`."""
