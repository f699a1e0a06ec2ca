;; The least scorer: `describe` gives what lies at 1024, `evaluate` traps. `describe.wasm` is made of it, once:
;;     wasm-tools component embed wit describe.wat --world scorer-plugin --output core.wasm
;;     wasm-tools component new core.wasm --output describe.wasm
;; The data stand for 2,048 bytes 0xaa, which are written out there.
;; The target `manifest` puts the bytes of the fuzzer in the place of the data.
(module
  (memory (export "memory") 1)
  (func (export "ralf:tune/scorer@0.1.0#describe") (result i32) i32.const 1024)
  (func (export "ralf:tune/scorer@0.1.0#evaluate")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    unreachable)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (data (i32.const 1024) "DATA"))
