"""Makes __snake__.wasm. Nothing to edit here."""

import subprocess
import sys
from pathlib import Path

import plugin

OUTPUT = "__snake__.wasm"
# What plugin.py defines says what it is.
KINDS = {"evaluate": "scorer", "ask": "strategy", "select": "selector"}

kinds = [kind for function, kind in KINDS.items() if hasattr(plugin, function)]
if len(kinds) != 1:
    sys.exit(f"error: plugin.py must define exactly one of {', '.join(KINDS)}")
tool = Path(sys.executable).with_name("componentize-py")
if not (tool.exists() or tool.with_suffix(".exe").exists()):
    sys.exit("error: componentize-py is not there\n\nhint: run this with the Python of .venv, see README.md")

# -s: without WASI. A plugin has no files, clock or network, and its random numbers repeat.
command = [str(tool), "-q", "-d", "wit", "-w", f"{kinds[0]}-plugin", "componentize", "-s", "app", "-o", OUTPUT]
done = subprocess.run(command, cwd=Path(__file__).parent)
if done.returncode == 0:
    print(f"{OUTPUT} is a {kinds[0]}")
sys.exit(done.returncode)
