"""The HTTP server: combines the interfaces into one application behind one middleware."""
