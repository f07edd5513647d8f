"""The training page has its four panels side by side, in one theme."""

from typing import Any

from mlp_viz.theme import DARK
from mlp_viz.views.training_page import TrainingPage


def test_four_panels_share_the_page(qtbot: Any) -> None:
    page = TrainingPage()
    qtbot.addWidget(page)
    page.resize(1000, 700)
    with qtbot.waitExposed(page):
        page.show()
    corners = {name: (panel.x() > 400, panel.y() > 300) for name, panel in page.panels.items()}
    assert corners == {
        "cost": (False, False),
        "accuracy": (True, False),
        "weights": (False, True),
        "errors": (True, True),
    }
    assert not any(panel.visibleRegion().isEmpty() for panel in page.panels.values())


def test_it_gives_every_panel_the_theme(qtbot: Any) -> None:
    page = TrainingPage()
    qtbot.addWidget(page)
    page.apply_theme(DARK)
    assert all(panel.theme is DARK for panel in page.panels.values())
