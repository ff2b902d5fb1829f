"""Reading archives that strangers made: no Django here, nothing is ever extracted by name."""
