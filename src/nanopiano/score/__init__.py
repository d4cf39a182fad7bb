"""Pieces as scores that a pianist can read: MusicXML, engraved pages, and scores of others read in."""
