"""The suites of the evaluation: one folder each."""
