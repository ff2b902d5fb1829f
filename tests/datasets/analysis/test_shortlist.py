import numpy as np

from datasets.analysis.directions import directions
from datasets.analysis.shortlist import main_directions, nearest_to


def test_the_shortlist_holds_the_exact_neighbours():
    random = np.random.default_rng(0)
    # Forty clusters in 300 dimensions: more of both than the shortlist's own dimensions show.
    centres = random.normal(size=(40, 300))
    vectors = centres[np.arange(6_000) % 40] + 0.7 * random.normal(size=(6_000, 300))
    units = directions(vectors)
    basis = main_directions(units[:4_000])
    half = units.astype(np.float16)
    for row in (0, 1, 17, 5_999):
        found = nearest_to(row, units @ basis, half, 20)
        cosines = half.astype(np.float32) @ half[row].astype(np.float32)
        cosines[row] = -np.inf
        exact = np.argsort(-cosines)[:20]
        assert len(set(found.indices.tolist()) & set(exact.tolist())) >= 19
        assert row not in found.indices
        assert (np.diff(found.cosines) <= 0).all()


def test_sets_of_one_and_two():
    units = directions(np.array([[3.0, 4.0], [0.0, 0.0]]))
    alone = nearest_to(0, units[:1], units[:1].astype(np.float16), 5)
    assert alone.indices.shape == (0,)
    pair = nearest_to(0, units, units.astype(np.float16), 5)
    assert pair.indices.tolist() == [1]
    assert pair.cosines.tolist() == [0.0]
