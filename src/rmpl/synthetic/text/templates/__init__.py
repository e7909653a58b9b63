"""The sentences of the world as data, in the language of ``rmpl.synthetic.text.grammar``."""
