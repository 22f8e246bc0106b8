"""A device in one encrypted file: its configuration, keys, people, events and added models; and a new device from it.

The file goes where others may read and change it, a stick or a share. So nothing in it is believed before the whole of
it was read and its end, signed by the device, was found.
"""
