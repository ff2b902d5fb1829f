"""Strangers' image files as the pixels that networks see, decoded in processes of their own.

`process` decodes, `decoder` starts it, `decoders` hands over blocks of pixels.
"""
