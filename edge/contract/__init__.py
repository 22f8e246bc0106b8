"""What a device promises to other programs: every type of event, every topic, as data from which docs/events/ and
docs/asyncapi.json are made.

The daemon needs none of it; the tests hold what a device really sends against it.
"""
