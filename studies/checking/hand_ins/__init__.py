"""The files that students hand in, each as blocks that `reports.check` reads as tables."""
