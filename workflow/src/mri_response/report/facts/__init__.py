"""Facts of a run in sentences, each with the place where its numbers stand.

What a reporting guideline, a model card or a methods section asks for is composed of them
(:mod:`mri_response.report.documents`); what the run cannot know is no fact.
"""
