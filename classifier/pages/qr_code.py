"""Addresses as pictures that a phone's camera reads (QR codes, ISO/IEC 18004)."""

import qrcode
from qrcode.constants import ERROR_CORRECT_M

# Cells without ink around the code, which readers need.
_MARGIN = 4


def qr_code_path(text: str) -> tuple[str, int]:
    """Return the dark cells of a QR code as the path of an SVG, and the side of its view box."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=_MARGIN)
    code.add_data(text)
    cells = code.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(cells) for x, dark in enumerate(row) if dark
    )
    return path, len(cells)
