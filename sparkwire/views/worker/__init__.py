"""Views of what Python workers did: one run, the runs by stage, a sequence diagram and a timeline."""
