"""Figures of a log of what was shown and taken up: rates by user, A/B tests, and what another policy would have got."""
