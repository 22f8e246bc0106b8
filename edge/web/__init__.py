"""The device's own page for installer and office, in a process of its own: its load never reaches the gate's.

Server-rendered, so that it works on an old phone; everything comes from the device, which may have no internet.
"""
