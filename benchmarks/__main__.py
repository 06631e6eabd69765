"""`python -m benchmarks`. A worker imports this file too, under another name: whatever it loads would count as the worker's."""

if __name__ == "__main__":
    from benchmarks.cli import main

    main(prog_name="python -m benchmarks")
