"""The training page has a panel for each thing that is seen of a run."""

from typing import Any

from mlp_viz.views.training_page import TrainingPage


def test_it_has_the_four_panels_of_a_run(qtbot: Any) -> None:
    page = TrainingPage()
    qtbot.addWidget(page)
    titles = {name: panel.title() for name, panel in page.panels.items()}
    assert titles == {
        "cost": "Cost J",
        "accuracy": "Accuracy",
        "weights": "Hidden weights",
        "errors": "Misclassified test images",
    }
    assert page.panels["errors"] is page.errors
