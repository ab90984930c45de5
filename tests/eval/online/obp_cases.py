"""Makes obp.json: a log of fifty choices, and what the library `obp` 0.5.7 makes of it.

It needs an environment of its own, for obp's pins exclude ours: Python 3.10, `pip install --no-deps obp==0.5.7` and `pip install
"numpy<2" "scipy<1.12" scikit-learn==1.1.3 "pandas<2" pyyaml tqdm torch`. Then `python tests/eval/online/obp_cases.py`."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

_ROWS, _ACTIONS, _CLIP = 50, 4, 1.5


def main() -> None:
    """Draw the log, ask obp, write both."""
    np: Any = import_module("numpy")
    obp: Any = import_module("obp.ope.estimators")
    rng = np.random.default_rng(5)
    logging, other = (rng.dirichlet(np.ones(_ACTIONS), _ROWS) for _ in range(2))
    model = rng.uniform(0.2, 0.8, (_ROWS, _ACTIONS))
    chosen = np.array([rng.choice(_ACTIONS, p=p) for p in logging])
    rows = np.arange(_ROWS)
    reward = (rng.random(_ROWS) < model[rows, chosen]).astype(float)
    given = {
        "reward": reward, "action": chosen, "pscore": logging[rows, chosen], "action_dist": other[:, :, None],
        "position": np.zeros(_ROWS, int), "estimated_rewards_by_reg_model": model[:, :, None],
    }  # fmt: skip

    def ask(name: str, **options: float) -> float:
        return float(getattr(obp, name)(**options).estimate_policy_value(**given))

    names = {
        "ips": "InverseProbabilityWeighting",
        "snips": "SelfNormalizedInverseProbabilityWeighting",
        "dr": "DoublyRobust",
    }
    document = {
        "reward": reward.tolist(), "logged": logging[rows, chosen].tolist(), "other": other[rows, chosen].tolist(),
        "expected": model[rows, chosen].tolist(), "outlook": (other * model).sum(axis=1).tolist(), "clip": _CLIP,
        "whole": {short: ask(name) for short, name in names.items()},
        "clipped": {short: ask(name, lambda_=_CLIP) for short, name in names.items()},
    }  # fmt: skip
    Path(__file__).with_name("obp.json").write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
