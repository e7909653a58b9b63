"""Readers of ACE 2005: the release itself, and the formats that other systems made of it."""
