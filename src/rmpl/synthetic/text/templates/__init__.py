"""Sentence templates as data, in the language of ``rmpl.synthetic.text.grammar``."""
