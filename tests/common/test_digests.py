"""Many SHA-256 in little room: the same as a list of their names."""

import hashlib

import numpy as np
import pytest

from common.digests import Digests

NAMES = [hashlib.sha256(bytes([number])).hexdigest() for number in range(200)]
# What NumPy would cut off, were it text.
NAMES += ["00" * 32, "ab" * 31 + "00", "00" * 31 + "ab", "ff" * 32]


def test_they_read_as_the_list_of_their_names() -> None:
    found = Digests.of(NAMES)
    assert list(found) == NAMES
    assert [found[place] for place in range(-4, 4)] == [NAMES[place] for place in range(-4, 4)]
    assert list(found[3:9]) == NAMES[3:9]
    assert list(found.take(np.array([7, 7, 201]))) == [NAMES[7], NAMES[7], NAMES[201]]
    assert list(found[:2] + found[-1:]) == [*NAMES[:2], NAMES[-1]]
    assert (len(found), list(Digests.of([])), NAMES[5] in found) == (204, [], True)
    assert Digests.of(found) is found
    assert list(Digests.read(b"".join(map(bytes.fromhex, NAMES)))) == NAMES


def test_their_keys_sort_and_compare_as_their_names_do() -> None:
    keys = Digests.of(NAMES).keys
    assert np.argsort(keys).tolist() == sorted(range(len(NAMES)), key=NAMES.__getitem__)
    order = np.sort(keys)
    assert (order[np.searchsorted(order, keys)] == keys).all()
    assert len(np.unique(keys)) == len(set(NAMES))


@pytest.mark.parametrize("name", ["ab", "g" * 64, "ab" * 33])
def test_what_is_no_sha256_is_refused(name) -> None:
    with pytest.raises(ValueError, match=r"hexadecimal|SHA-256"):
        Digests.of([NAMES[0], name])
