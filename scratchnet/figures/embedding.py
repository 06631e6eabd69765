"""Many numbers an image as a place on paper."""

import numpy as np

from scratchnet.typing import Array

COMPONENTS = 50  # that t-SNE is given: the rest is noise, and takes time


def principal_components(rows: Array) -> tuple[Array, Array]:
    """(N, F) → (N, 2), the two directions in which the rows differ most, and which shares of the variance they have"""
    from sklearn.decomposition import PCA

    pca = PCA(2, svd_solver="full")
    places = pca.fit_transform(np.asarray(rows, float))
    return places, pca.explained_variance_ratio_


def neighbours(rows: Array) -> Array:
    """(N, F) → (N, 2), where rows that are near each other stay so; nothing is told by how far apart groups lie.

    van der Maaten, Hinton, "Visualizing Data using t-SNE" (2008).
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    fewer = PCA(min(COMPONENTS, *rows.shape), svd_solver="full").fit_transform(np.asarray(rows, float))
    places: Array = TSNE(perplexity=min(30, (len(rows) - 1) / 3), init="pca", random_state=0).fit_transform(fewer)
    return places
