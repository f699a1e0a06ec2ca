#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| ralf_tune_fuzz::targets::check("hub_api", input));
