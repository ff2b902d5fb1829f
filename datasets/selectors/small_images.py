"""What counts as a small image."""

# Pixels of the longer side. A network made for photographs gains little on such images: another
# preset is recommended for them, and they are embedded when a person looks at what needs it.
SMALL_SIDE = 64
