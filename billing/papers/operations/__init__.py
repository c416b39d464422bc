"""The verbs of papers: name a seller, plan what is to be made, make it, give it out."""
