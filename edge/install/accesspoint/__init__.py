"""The radio network that a device opens for an installer's phone, where there is no other way to its page.

The service button asks for it, NetworkManager makes it, and after ten minutes the device is back in its former
network.
"""
