#!/bin/sh
# Stands before rustc and has LLVM count, in the crates that read bytes of others, what was reached and what was compared: that is what libFuzzer
# goes by. All of it is stable; the engine that runs plugins, its compiler and the network stay as they are, and fast.
rustc=$1
shift
crate=
for argument; do
    [ "$previous" = --crate-name ] && crate=$argument
    previous=$argument
done
case " $* " in
    # The bundled plugins, build scripts and macros; and cargo-fuzz, which asks for the same itself.
    *wasm32* | *" --crate-name build_script"* | *proc-macro* | *sancov-module*) exec "$rustc" "$@" ;;
esac
case $crate in
    ralf_tune | ralf_tune_fuzz | toml | toml_parser) ;;
    *) exec "$rustc" "$@" ;;
esac
exec "$rustc" "$@" -C passes=sancov-module -C codegen-units=1 \
    -C llvm-args=-sanitizer-coverage-level=4 \
    -C llvm-args=-sanitizer-coverage-inline-8bit-counters \
    -C llvm-args=-sanitizer-coverage-pc-table \
    -C llvm-args=-sanitizer-coverage-trace-compares
