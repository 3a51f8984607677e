"""Run a sandbox in a separate process: `python -m bench.sandbox` prints its URL and serves."""

from ix_tools.sandbox.server import serve

if __name__ == "__main__":
    serve(on_ready=lambda url: print(url, flush=True))
