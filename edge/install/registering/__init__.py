"""How a new device's request travels to the office by itself, and its certificate back.

They meet at a broker of their own, where everybody may ask and nobody can do anything else: what keeps strangers out is
the token in the request, and what keeps the answer honest is the authority's signature on the certificate.
"""
