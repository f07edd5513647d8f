"""Four panels share a page, and one theme."""

from typing import Any

from mlp_viz.theme import DARK
from mlp_viz.widgets.panel import Panel
from mlp_viz.widgets.panel_grid import PanelGrid


def test_four_panels_share_the_page(qtbot: Any) -> None:
    page = PanelGrid({name: Panel(name) for name in ("a", "b", "c", "d")})
    qtbot.addWidget(page)
    page.resize(1000, 700)
    with qtbot.waitExposed(page):
        page.show()
    corners = {name: (panel.x() > 400, panel.y() > 250) for name, panel in page.panels.items()}
    assert corners == {"a": (False, False), "b": (True, False), "c": (False, True), "d": (True, True)}
    assert page.panels["c"].height() > page.panels["a"].height()


def test_it_gives_every_panel_the_theme(qtbot: Any) -> None:
    page = PanelGrid({name: Panel(name) for name in ("a", "b", "c", "d")})
    qtbot.addWidget(page)
    page.apply_theme(DARK)
    assert all(panel.theme is DARK for panel in page.panels.values())
