import numpy as np
import pytest

from datasets.analysis.cells import Cells, assigned, find_centres
from datasets.analysis.directions import directions
from datasets.analysis.shortlist import Searched, main_directions, nearest_to


def clusters(count: int, groups: int, width: int = 300) -> np.ndarray:
    """Unit vectors about some centres, more than the shortlist's own dimensions show."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(groups, width))
    noise = 0.7 * random.normal(size=(count, width))
    return directions(centres[np.arange(count) % groups] + noise)


def searched_in(units: np.ndarray, *, with_cells: bool = False) -> Searched:
    basis = main_directions(units[:4_000])
    components, cells = units @ basis, None
    if with_cells:
        centres = find_centres(components[:4_000], len(units))
        nearest = assigned(components, centres)
        rows = np.argsort(nearest, kind="stable").astype(np.uint32)
        sizes = np.bincount(nearest, minlength=len(centres))
        cells = Cells(centres, rows, np.concatenate([[0], np.cumsum(sizes)]))
        components = components[rows]
    return Searched(units.astype(np.float16).__getitem__, basis, components, cells)


def exact(units: np.ndarray, row: int, count: int) -> set[int]:
    half = units.astype(np.float16).astype(np.float32)
    cosines = half @ half[row]
    return set(np.argsort(-cosines)[:count].tolist())


def test_the_shortlist_holds_the_exact_neighbours():
    units = clusters(6_000, 40)
    searched = searched_in(units)
    for row in (0, 1, 17, 5_999):
        found = nearest_to(units[row], searched, 20)
        assert len(set(found.indices.tolist()) & exact(units, row, 20)) >= 19
        assert found.indices[0] == row
        assert (np.diff(found.cosines) <= 0).all()


def test_the_nearest_cells_hold_the_exact_neighbours():
    units = clusters(20_000, 400)
    searched = searched_in(units, with_cells=True)
    rows = range(0, 20_000, 1_000)
    found = {row: nearest_to(units[row], searched, 20) for row in rows}
    shared = [len(set(found[r].indices.tolist()) & exact(units, r, 20)) for r in rows]
    assert np.mean(shared) / 20 >= 0.95
    assert all(found[row].indices[0] == row for row in rows)


def test_cells_hold_each_row_once_and_are_left_none_out():
    searched = searched_in(clusters(3_000, 10), with_cells=True)
    cells = searched.cells
    places = [place for part in cells.nearest(np.zeros(128, np.float32)) for place in part]
    assert sorted(row for place in places for row in cells.rows[place]) == list(range(3_000))


def test_a_few_that_count_are_found_however_far_they_are():
    units = clusters(20_000, 400)
    searched = searched_in(units, with_cells=True)
    some = np.array([3, 777, 19_999])
    found = nearest_to(units[0], searched, 5, wanted=lambda rows: np.isin(rows, some))
    assert set(found.indices.tolist()) == set(some.tolist())


def test_sets_of_one_and_two():
    units = directions(np.array([[3.0, 4.0], [0.0, 0.0]]))
    alone = searched_in(units[:1])
    assert nearest_to(units[0], alone, 5).indices.tolist() == [0]
    assert nearest_to(units[0], alone, 5, wanted=lambda rows: rows > 0).indices.shape == (0,)
    pair = nearest_to(units[0], searched_in(units), 5)
    assert pair.indices.tolist() == [0, 1]
    assert pair.cosines.tolist() == pytest.approx([1, 0], abs=1e-3)
