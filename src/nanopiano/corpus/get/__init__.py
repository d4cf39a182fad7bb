"""Fetch public corpora: what there is, the download, the unpacking."""
