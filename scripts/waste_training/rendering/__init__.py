"""Renders single items with Blender's Cycles: hazardous waste, of which no openly licensed photographs were found,
and everyday things by the same means, so that "rendered" is not what the network learns of hazardous waste.
"""
