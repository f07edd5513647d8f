"""Everything the user can do, as data: name, words, keys; menus, tooltips and the shortcut sheet read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenuBar, QWidget

from mlp_viz.widgets.panel import TEXT_POINTS, set_points


@dataclass(frozen=True, slots=True)
class Entry:
    """One action: its menu, name, text, keys and what it does."""

    menu: str
    name: str
    text: str
    keys: str
    tip: str
    checkable: bool = False
    separated: bool = False


ENTRIES: Final = (
    Entry("&Run", "train", "&Train", "Space", "Train a new network; while it trains, pause it and go on"),
    Entry("&Run", "step_minibatch", "Step: one &minibatch", "M", "Make one weight update, then pause"),
    Entry("&Run", "step_epoch", "Step: one &epoch", "E", "Train to the end of the epoch, then pause"),
    Entry("&Run", "stop", "&Stop", "Ctrl+.", "End the run after the current minibatch; all it reached stays"),
    Entry("&Run", "lecture", "&Lecture's values", "Ctrl+0", "Set all hyperparameters to the lecture's", separated=True),
    Entry(
        "&Data", "mnist", "&MNIST", "Ctrl+1", "Open MNIST: 70,000 digits of 28×28 pixels; downloaded if it is not here"
    ),
    Entry(
        "&Data",
        "generated",
        "&Generated digits",
        "Ctrl+2",
        "Open 70,000 digits of 28×28 pixels that this program draws",
    ),
    Entry(
        "&Data", "digits", "&Embedded 8×8 digits", "Ctrl+3", "Open the 1,797 real digits that come with this program"
    ),
    Entry(
        "&Data",
        "fashion-mnist",
        "&Fashion-MNIST",
        "Ctrl+4",
        "Open pictures of clothes; downloaded if they are not here",
    ),
    Entry("&Data", "kmnist", "&KMNIST", "Ctrl+5", "Open cursive Japanese letters; downloaded if they are not here"),
    Entry("&Data", "emnist-digits", "EMN&IST digits", "Ctrl+6", "Open 280,000 digits; downloaded if they are not here"),
    Entry(
        "&Data", "emnist-letters", "EMNI&ST letters", "Ctrl+7", "Open 145,600 letters; downloaded if they are not here"
    ),
    Entry("&Data", "data_file", "&Open a file…", "Ctrl+D", "Open IDX, .npz, .npy or CSV files", separated=True),
    Entry(
        "&Data",
        "data_folder",
        "Open a fol&der…",
        "Ctrl+Shift+D",
        "Open a folder of data files, or of class-named folders of images",
    ),
    Entry("&Data", "prepare", "S&plit, scale, fewer samples…", "Ctrl+R", "Use the open data set in another way"),
    Entry(
        "&Data",
        "cancel_work",
        "&Cancel what goes on in the background",
        "Ctrl+Shift+.",
        "End a download, or the drawing of the generated digits",
    ),
    Entry("&File", "open_model", "&Open model…", "Ctrl+O", "Open a trained model"),
    Entry("&File", "save_model", "&Save model…", "Ctrl+S", "Save weights, hyperparameters and curves"),
    Entry(
        "&File",
        "copy_settings",
        "Copy sett&ings",
        "Ctrl+Shift+C",
        "Copy the hyperparameters and the data set as text, for another window or a terminal",
        separated=True,
    ),
    Entry("&File", "paste_settings", "&Paste settings", "Ctrl+Shift+V", "Use the settings that were copied as text"),
    Entry("&File", "export_curves", "Export &curves as CSV…", "Ctrl+E", "One row an epoch", separated=True),
    Entry("&File", "export_window", "Picture of the &window…", "Ctrl+P", "Save the whole window as PNG"),
    Entry("&File", "export_cost", "Picture of the cos&t…", "Ctrl+Alt+1", "Save it as PNG or SVG"),
    Entry("&File", "export_accuracy", "Picture of the &accuracy…", "Ctrl+Alt+2", "Save it as PNG or SVG"),
    Entry("&File", "export_weights", "Picture of the w&eights…", "Ctrl+Alt+3", "Save it as PNG or SVG"),
    Entry("&File", "export_errors", "Picture of the &misclassified digits…", "Ctrl+Alt+4", "Save it as PNG or SVG"),
    Entry("&File", "quit", "&Quit", "Ctrl+Q", "End the program", separated=True),
    Entry(
        "&View", "see_training", "The trainin&g", "G", "Show curves, weights and misclassified digits", checkable=True
    ),
    Entry(
        "&View", "see_data", "The &data", "D", "Show the data set in place of the training, and back", checkable=True
    ),
    Entry("&View", "see_runs", "The &runs", "R", "Show every run that was kept, and compare them", checkable=True),
    Entry(
        "&View",
        "see_sweeps",
        "The s&weeps",
        "W",
        "Train many networks that differ in chosen hyperparameters, and see which is best",
        checkable=True,
    ),
    Entry(
        "&View",
        "log_cost",
        "&Logarithmic cost",
        "Ctrl+L",
        "Show the cost on a logarithmic axis",
        checkable=True,
        separated=True,
    ),
    Entry("&View", "next_errors", "&Next misclassified digits", "Ctrl+PgDown", "Show the next 25"),
    Entry("&View", "previous_errors", "&Previous misclassified digits", "Ctrl+PgUp", "Show the 25 before"),
    Entry("&View", "next_theme", "&Theme: system, light, dark", "Ctrl+T", "Go to the next theme", separated=True),
    Entry("&Help", "shortcuts", "&Keyboard shortcuts", "F1", "Show what every key does"),
)
NAMED_DATA: Final = ("mnist", "generated", "digits", "fashion-mnist", "kmnist", "emnist-digits", "emnist-letters")
MENUS: Final = ("&File", "&Run", "&Data", "&View", "&Help")


def keys_of(name: str) -> str:
    """Return the keys of an action as they are called on this system: ``Ctrl+2``."""
    entry = next(entry for entry in ENTRIES if entry.name == name)
    return QKeySequence(entry.keys).toString(QKeySequence.SequenceFormat.NativeText)


def make_actions(parent: QWidget) -> dict[str, QAction]:
    """Return an action for each entry, by name, with its shortcut at work in `parent`."""
    actions = {}
    for entry in ENTRIES:
        action = QAction(entry.text, parent)
        action.setObjectName(entry.name)
        action.setShortcut(QKeySequence(entry.keys))
        action.setCheckable(entry.checkable)
        parent.addAction(action)
        actions[entry.name] = action
        set_reason(action, "")
    return actions


def set_reason(action: QAction, why_not: str) -> None:
    """Enable `action`, or disable it with the reason in its tooltip."""
    entry = next(entry for entry in ENTRIES if entry.name == action.objectName())
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    action.setEnabled(not why_not)
    action.setToolTip(f"{entry.tip} ({keys})" + (f"\n{why_not}" if why_not else ""))
    action.setStatusTip(why_not or entry.tip)


def fill_menus(bar: QMenuBar, actions: Mapping[str, QAction]) -> None:
    """Put all actions into their menus."""
    set_points(bar, TEXT_POINTS)
    for title in MENUS:
        menu = bar.addMenu(title)
        set_points(menu, TEXT_POINTS)
        menu.setToolTipsVisible(True)
        for entry in ENTRIES:
            if entry.menu == title:
                if entry.separated:
                    menu.addSeparator()
                menu.addAction(actions[entry.name])
