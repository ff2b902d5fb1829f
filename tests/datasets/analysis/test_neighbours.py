import numpy as np
import pytest

from datasets.analysis.neighbours import nearest


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_they_are_those_of_brute_force(kind):
    random = np.random.default_rng(0)
    embeddings = random.normal(size=(9000, 24)).astype(kind)
    queries = random.normal(size=(700, 24)).astype(kind)
    found = nearest(embeddings, queries, 7)
    lengths = np.linalg.norm(embeddings.astype(float), axis=1)
    cosines = queries.astype(float) @ embeddings.astype(float).T / lengths
    cosines /= np.linalg.norm(queries.astype(float), axis=1)[:, None]
    expected = -np.sort(-cosines, axis=1)[:, :7]
    assert np.allclose(found.cosines, expected, atol=1e-3)
    assert np.allclose(np.take_along_axis(cosines, found.indices, 1), expected, atol=1e-3)


def test_an_image_is_its_own_nearest_neighbour():
    embeddings = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    found = nearest(embeddings, embeddings[13], 1)
    assert found.indices.tolist() == [[13]]
    assert found.cosines[0, 0] == pytest.approx(1)


def test_fewer_images_than_asked_for():
    embeddings = np.eye(3, dtype=np.float32)
    assert nearest(embeddings, embeddings[:2], 10).indices.shape == (2, 3)
    assert nearest(np.empty((0, 3), np.float32), embeddings[:2], 10).indices.shape == (2, 0)


def test_an_embedding_of_zeros_is_near_nothing():
    embeddings = np.array([[0, 0], [1, 0]], np.float32)
    assert nearest(embeddings, np.array([1, 0], np.float32), 2).cosines.tolist() == [[1, 0]]
