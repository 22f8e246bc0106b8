"""Replacing the installed version by a signed one, tried before it is kept and taken back by itself.

A bundle is verified before anything of it is unpacked; a version is made beside the others and checked by itself; the
switch is one rename; and what watches the new version is always one that has proved itself.
"""
