#!/usr/bin/env bash
# Fills a folder with source files of several languages for the mutation bench (docs/scorers.md). Versions are fixed, so that the
# bench takes the same files everywhere. A client that is not installed, or a package that is not to be had, is left out with a line.
#
#   tests/fill-corpus.sh FOLDER && RALF_TUNE_CORPUS=FOLDER cargo test --release -p note-samples -- --nocapture
set -euo pipefail
if [ $# -ne 1 ]; then
    echo "usage: tests/fill-corpus.sh FOLDER" >&2
    exit 2
fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)
packed=$(mktemp -d)
trap 'rm -rf "$packed"' EXIT

python=(flask==3.1.3 click==8.5.1 rich==15.0.0 attrs==26.1.0 requests==2.34.2 jinja2==3.1.6 tornado==6.6.1 marshmallow==4.4.0)
npm=(express@5.3.0 axios@1.21.1 fastify@5.12.8 koa@3.3.0 commander@14.0.3 rxjs@7.8.2 zod@4.6.7
    react-native-device-info@15.0.2 react-native-svg@15.16.1 node-addon-api@8.5.0 better-sqlite3@12.4.1)
debian=(golang-github-spf13-cobra-dev golang-github-gorilla-mux-dev golang-github-stretchr-testify-dev)

left_out() { echo "left out: $1" >&2; }

for package in "${python[@]}"; do
    target=$folder/python/${package%%=*}
    [ -d "$target" ] && continue
    if pip download --quiet --no-deps --dest "$packed/python" "$package" >/dev/null 2>&1; then
        mkdir -p "$target"
        python3 -m zipfile -e "$packed"/python/*.whl "$target" && rm -f "$packed"/python/*
    else
        left_out "$package"
    fi
done

for package in "${npm[@]}"; do
    target=$folder/npm/${package%%@*}
    [ -d "$target" ] && continue
    mkdir -p "$packed/npm"
    if (cd "$packed/npm" && npm pack --silent "$package" >/dev/null 2>&1); then
        mkdir -p "$target"
        tar -xzf "$packed"/npm/*.tgz -C "$target" --strip-components=1 && rm -f "$packed"/npm/*
    else
        left_out "$package"
    fi
done

# Packages of sources, for any machine: they hold the Go.
for package in "${debian[@]}"; do
    target=$folder/debian/$package
    [ -d "$target" ] && continue
    mkdir -p "$packed/debian"
    if (cd "$packed/debian" && apt-get download "$package" >/dev/null 2>&1); then
        mkdir -p "$target"
        dpkg-deb -x "$packed"/debian/*.deb "$target" && rm -f "$packed"/debian/*
    else
        left_out "$package"
    fi
done
