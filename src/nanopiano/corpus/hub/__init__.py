"""Data sets of the Hugging Face Hub, or files in their formats, through the library `datasets` (extra `hf`)."""
