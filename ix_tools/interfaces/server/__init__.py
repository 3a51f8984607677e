"""The HTTP server: one application out of the faces, with one door before all of them."""
