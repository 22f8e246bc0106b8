"""The first boot, part two: from an installed program and a card to a device that is known by its own keys.

Part one is the shell script `edge/install/provision/card/start.sh`, whose stages and units install this.
"""
