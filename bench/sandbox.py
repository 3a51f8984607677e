"""A sandbox in a process of its own, as a real account is: `python -m bench.sandbox` says where it is, and serves."""

from ix_tools.sandbox.server import serve

if __name__ == "__main__":
    serve(on_ready=lambda url: print(url, flush=True))
