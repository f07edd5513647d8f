"""The data sets that can be downloaded: what they are, which hosts have them, and the sums of their files."""

from __future__ import annotations

import string
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

from mlp_core.errors import DataError


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on the mirrors.

    Attributes
    ----------
    name : str
        Its name, on the mirrors as in the cache.
    n_bytes : int
        Its length.
    sha256 : str
        Its SHA-256, in hexadecimal.
    """

    name: str
    n_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RemoteDataset:
    """A data set that can be downloaded.

    Attributes
    ----------
    name : str
        The name it is asked for by, and of its folder in the user's cache.
    title : str
        What it is called on the screen.
    description : str
        One line on what it shows.
    source : str
        Where it comes from, and under which licence.
    class_names : tuple of str
        What each class is called, class 0 first.
    mirrors : tuple of str
        Addresses, each ending in a slash, at which the files are found, the first to be tried first.
    files : tuple of RemoteFile
        What is downloaded.
    archive : str
        Name of the archive of several data sets that the file is, and of the archive's folder in the cache; empty if
        the files are the data set's own.
    """

    name: str
    title: str
    description: str
    source: str
    class_names: tuple[str, ...]
    mirrors: tuple[str, ...]
    files: tuple[RemoteFile, ...]
    archive: str = ""

    @property
    def n_bytes(self) -> int:
        """Length of all files to download."""
        return sum(file.n_bytes for file in self.files)

    @property
    def folder(self) -> Path:
        """The folder in the user's cache that holds the four IDX files once they are downloaded."""
        return user_cache_path("mlp-viz") / self.name

    @property
    def download_folder(self) -> Path:
        """The folder in the user's cache that the files are downloaded to."""
        return user_cache_path("mlp-viz") / (self.archive or self.name)


def megabytes(n_bytes: int) -> str:
    """Return a length in millions of bytes, with one decimal."""
    return f"{n_bytes / 1e6:,.1f}"


_TRAIN_IMAGES: Final = "train-images-idx3-ubyte.gz"
_TRAIN_LABELS: Final = "train-labels-idx1-ubyte.gz"
_TEST_IMAGES: Final = "t10k-images-idx3-ubyte.gz"
_TEST_LABELS: Final = "t10k-labels-idx1-ubyte.gz"

_DIGITS: Final = tuple(string.digits)
_EMNIST: Final = "emnist"
_EMNIST_MIRRORS: Final = (
    "https://biometrics.nist.gov/cs_links/EMNIST/",
    "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
)
_EMNIST_FILES: Final = (
    RemoteFile("gzip.zip", 561_753_746, "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e"),
)
_EMNIST_SOURCE: Final = (
    "EMNIST: an extension of MNIST to handwritten letters, G. Cohen, S. Afshar, J. Tapson, A. van Schaik, made from "
    "NIST Special Database 19; no licence is stated by NIST"
)

REMOTE_DATASETS: Final = (
    RemoteDataset(
        name="mnist",
        title="MNIST handwritten digits",
        description="the classic: 70,000 handwritten digits",
        source="The MNIST database of handwritten digits, Y. LeCun, C. Cortes, C. J. C. Burges; CC BY-SA 3.0",
        class_names=_DIGITS,
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        files=(
            RemoteFile(_TRAIN_IMAGES, 9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            RemoteFile(_TRAIN_LABELS, 28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            RemoteFile(_TEST_IMAGES, 1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            RemoteFile(_TEST_LABELS, 4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ),
    ),
    RemoteDataset(
        name="fashion-mnist",
        title="Fashion-MNIST",
        description="70,000 pictures of clothes in ten kinds, harder than digits",
        source="Fashion-MNIST, H. Xiao, K. Rasul, R. Vollgraf, Zalando Research, arXiv:1708.07747; MIT licence",
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        mirrors=(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
        files=(
            RemoteFile(_TRAIN_IMAGES, 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            RemoteFile(_TRAIN_LABELS, 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            RemoteFile(_TEST_IMAGES, 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            RemoteFile(_TEST_LABELS, 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ),
    ),
    RemoteDataset(
        name="kmnist",
        title="Kuzushiji-MNIST",
        description="70,000 cursive Japanese characters, ten hiragana from old books",
        source=(
            "Kuzushiji-MNIST, T. Clanuwat et al., Center for Open Data in the Humanities, adapted from the Kuzushiji "
            "Dataset of NIJL and others, doi:10.20676/00000341; CC BY-SA 4.0"
        ),
        class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        mirrors=("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
        files=(
            RemoteFile(_TRAIN_IMAGES, 18_165_135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
            RemoteFile(_TRAIN_LABELS, 29_497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
            RemoteFile(_TEST_IMAGES, 3_041_136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
            RemoteFile(_TEST_LABELS, 5_120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
        ),
    ),
    RemoteDataset(
        name="emnist-digits",
        title="EMNIST digits",
        description="280,000 handwritten digits; one large download with the letters",
        source=_EMNIST_SOURCE,
        class_names=_DIGITS,
        mirrors=_EMNIST_MIRRORS,
        files=_EMNIST_FILES,
        archive=_EMNIST,
    ),
    RemoteDataset(
        name="emnist-letters",
        title="EMNIST letters",
        description="145,600 handwritten letters, A to Z; one large download with the digits",
        source=_EMNIST_SOURCE,
        class_names=tuple(string.ascii_uppercase),
        mirrors=_EMNIST_MIRRORS,
        files=_EMNIST_FILES,
        archive=_EMNIST,
    ),
)


def remote_dataset(name: str) -> RemoteDataset:
    """Return the data set of this name.

    Raises
    ------
    DataError
        If none of this name can be downloaded.
    """
    for dataset in REMOTE_DATASETS:
        if dataset.name == name:
            return dataset
    names = ", ".join(dataset.name for dataset in REMOTE_DATASETS)
    raise DataError(repr(name), f"no data set of this name can be downloaded. These can: {names}.")
