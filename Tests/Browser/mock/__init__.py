"""A small stand-in for the server: the same paths and shapes, made-up data, for working on the browser app."""
