"""Builds the plugin. Python is only the tool here: it needs nothing but its own library.

    python3 build.py setup   gets a C compiler for WebAssembly into .venv, once
    python3 build.py test    compiles plugin.c and test.c for this machine, and runs them
    python3 build.py         makes __snake__.wasm
"""

import os
import pathlib
import shutil
import subprocess
import sys
import venv

COMPILER = "ziglang==0.17.1"
HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE / "build"
TOOLS = HERE / ".venv"
PYTHON = TOOLS / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-I", "bindings", "-I", "."]


def run(*command):
    try:
        result = subprocess.run([str(word) for word in command], cwd=HERE)
    except FileNotFoundError:
        sys.exit(f"{command[0]}: not found")
    if result.returncode != 0:
        sys.exit(result.returncode)


def zig():
    if not PYTHON.exists():
        sys.exit("there is no compiler yet; run: python3 build.py setup")
    return [PYTHON, "-m", "ziglang", "cc"]


def setup():
    if not PYTHON.exists():
        venv.create(TOOLS, with_pip=True)
    run(PYTHON, "-m", "pip", "install", "--quiet", COMPILER)


def test():
    own = [os.environ.get("CC"), "cc", "clang", "gcc"]
    found = next((path for path in map(shutil.which, filter(None, own)) if path), None)
    BUILD.mkdir(exist_ok=True)
    program = BUILD / ("test.exe" if os.name == "nt" else "test")
    run(*([found] if found else zig()), *WARNINGS, "-g", "plugin.c", "test.c", "-o", program, "-lm")
    run(program)


def build():
    BUILD.mkdir(exist_ok=True)
    bindings = sorted((HERE / "bindings").glob("*_plugin.c")) + sorted((HERE / "bindings").glob("*.o"))
    core = pathlib.Path("build/core.wasm")
    # A plugin is a library (reactor). The usual stack of 16 MiB would be a quarter of the memory that it may have.
    wasm = ["-target", "wasm32-wasi", "-mexec-model=reactor", "-Os", "-Wl,-z,stack-size=65536"]
    run(*zig(), *wasm, *WARNINGS, "plugin.c", *bindings, "-o", core)
    run("ralf-tune", "plugin", "pack", core, "--output", "__snake__.wasm")


commands = {"": build, "test": test, "setup": setup}
wanted = " ".join(sys.argv[1:])
if wanted not in commands:
    sys.exit(__doc__)
commands[wanted]()
