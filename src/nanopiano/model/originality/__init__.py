"""Does music quote what its model was trained on? The index that travels with a model, and what is asked of it."""
