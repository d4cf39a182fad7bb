"""Training; the only room with torch."""
