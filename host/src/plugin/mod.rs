//! WebAssembly plugins: engine, limits, conversions, errors.
