"""scikit-learn's MLPClassifier."""

from __future__ import annotations

import warnings

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier

from benchmarks.contenders.contender import Contender
from mlp_core import Hyperparameters, Network, TrainingData
from mlp_core.snapshot import Weights


class ScikitLearn(Contender):
    """`MLPClassifier.fit`, told to do plain gradient descent.

    Given labels, as users give them, its output layer is a softmax, and that is the faster way. Given one-hot
    `targets`, it has sigmoid units and the logistic cost: our network to the digit.
    """

    def __init__(self, data: TrainingData, hyperparameters: Hyperparameters) -> None:
        super().__init__(data, hyperparameters)
        self.targets = data.y_train
        size = hyperparameters.minibatch_size
        # It divides the gradient and the penalty's slope by the minibatch's size: a longer step makes that good.
        self.classifier = MLPClassifier(
            hidden_layer_sizes=hyperparameters.n_hidden,
            activation="logistic",
            solver="sgd",
            alpha=hyperparameters.l2,
            batch_size=size,
            learning_rate="constant",
            learning_rate_init=hyperparameters.eta * size,
            momentum=0,
            nesterovs_momentum=False,
            shuffle=hyperparameters.shuffle,
            max_iter=hyperparameters.epochs,
            n_iter_no_change=np.inf,
            random_state=np.random.RandomState(hyperparameters.seed),
        )

    def train(self) -> None:
        """Fit once, through all epochs: the labels are binarised and the data checked once, not in each.

        A run of 200 epochs hardly notices that; measured with few, it may leave out what checks it can.
        """
        with warnings.catch_warnings(), sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
            warnings.simplefilter("ignore")  # that it has not converged
            self.classifier.fit(self.data.X_train, self.targets)

    def start_like_ours(self) -> None:
        """Take the first weights and the generator that our trainer would have; only a test needs it."""
        _, first_of_each_class = np.unique(self.data.y_train, return_index=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.classifier.fit(self.data.X_train[first_of_each_class], self.targets[first_of_each_class])
        random = np.random.RandomState(self.hyperparameters.seed)
        sizes = (self.data.X_train.shape[1], *self.hyperparameters.n_hidden, self.data.n_classes)
        network = Network.random(sizes, random, dtype=self.data.X_train.dtype)
        self.classifier.set_params(warm_start=True, random_state=random)
        self.classifier.coefs_, self.classifier.intercepts_ = network.w, network.b

    def weights(self) -> Weights:
        """Return its coefficients and intercepts."""
        return Weights.copy_of(self.classifier.coefs_, self.classifier.intercepts_)
