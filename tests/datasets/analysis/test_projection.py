import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from datasets.analysis.directions import directions
from datasets.analysis.principal_components import principal_components
from datasets.analysis.projection import DIMENSIONS, project


def clusters(per_class: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), per_class)
    centres = random.normal(size=(4, 80))
    return (centres[labels] + 0.3 * random.normal(size=(len(labels), 80))).astype("f2"), labels


def components(embeddings: np.ndarray) -> np.ndarray:
    blocks = [directions(embeddings)] if len(embeddings) else []
    return principal_components(lambda: blocks, DIMENSIONS)


def test_clusters_are_apart_neighbours_are_kept_and_the_map_is_the_same_again():
    embeddings, labels = clusters(60)
    projection = project(components(embeddings), seed=4)
    points = projection.points
    assert projection.method == "t-SNE"
    assert points.dtype == np.float32
    assert np.abs(points).max() <= 1
    assert np.ptp(points, axis=0).max() == pytest.approx(2, abs=1e-3)
    assert trustworthiness(embeddings.astype("f4"), points, n_neighbors=10) > 0.9
    nearest = ((points[:, None] - points) ** 2).sum(2) + 9 * np.eye(len(points))
    assert (labels[nearest.argmin(1)] == labels).mean() > 0.98
    assert (project(components(embeddings), seed=4).points == points).all()


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_a_few_images_are_laid_out_by_their_components(count):
    projection = project(components(clusters(1)[0][:count]))
    assert projection.method == "PCA"
    assert projection.points.shape == (count, 2)
    assert np.isfinite(projection.points).all()


def test_equal_images_lie_in_one_place():
    points = project(components(np.ones((30, 8), np.float32))).points
    assert np.ptp(points, axis=0).max() < 1e-3


@pytest.mark.parametrize("count", [5, 12])
def test_small_sets_have_a_map(count):
    points = project(components(clusters(4)[0][:count])).points
    assert np.isfinite(points).all()


def test_progress_can_stop_the_work():
    told: list[tuple[int, int]] = []

    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if done >= 300:
            raise Stopped

    with pytest.raises(Stopped):
        project(components(clusters(20)[0]), progress=stop)
    assert told[0] == (10, 750)
    assert told == sorted(told)


def test_components_are_those_of_the_singular_value_decomposition():
    embeddings = np.random.default_rng(0).normal(size=(200, 12)).astype(np.float32) + 30
    embeddings *= np.arange(12, 0, -1)
    blocks = np.split(embeddings, [1, 90])
    found = principal_components(lambda: blocks, 3)
    left, values, _ = np.linalg.svd(embeddings - embeddings.mean(0), full_matrices=False)
    assert np.allclose(np.abs(found), np.abs(left[:, :3] * values[:3]), atol=1e-2)
    assert np.allclose(found.mean(0), 0, atol=1e-4)


def test_fewer_dimensions_than_asked_for_are_only_centred():
    embeddings = np.array([[1, 2], [3, 4]], np.float16)
    assert principal_components(lambda: [embeddings], 50).tolist() == [[-1, -1], [1, 1]]
    assert principal_components(list, 50).shape == (0, 0)
