"""What becomes the component: plugin.py behind the interface of its kind. Nothing to edit here."""

import plugin

if hasattr(plugin, "evaluate"):
    from ralf_tune.scorer import Scorer  # noqa: F401
elif hasattr(plugin, "ask"):
    from ralf_tune.strategy import Strategy  # noqa: F401
else:
    from ralf_tune.selector import Selector  # noqa: F401
