"""The window: Qt, no mathematics."""
