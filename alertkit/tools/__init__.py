"""Programs of other projects that alertkit asks: promtool and amtool."""
