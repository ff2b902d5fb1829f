"""Opening strangers' image files in processes of their own, with bounds on memory and time.

No Django here: the child starts in a fifth of a second and holds no secret.
"""
