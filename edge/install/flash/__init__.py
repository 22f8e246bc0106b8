"""From an image and a provisioned folder to a card: what `scripts/flash` does.

A card is told from an unfinished one by its first sector. It is wiped before anything else is written and written after
everything else was read back, so that a card whose writing was interrupted, at any moment, has no partition table: no
computer boots from it or mounts it, and nobody takes it for finished.
"""
