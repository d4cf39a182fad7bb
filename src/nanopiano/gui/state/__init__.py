"""What the window is and how that changes: plain data and functions, no pygame."""
