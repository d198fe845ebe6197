//! Whole programs, compiled and run, in FLIN, Lua 5.4 and Rhai: `cargo bench --manifest-path bench/Cargo.toml`.

use bench::{PROGRAMS, run_flin, run_lua, run_rhai};
use criterion::{Criterion, criterion_group, criterion_main};
use std::time::Duration;

fn languages(criterion: &mut Criterion) {
    for program in PROGRAMS {
        // A program that prints something else measures something else. Numbers are printed differently: compare FLIN and Lua.
        assert_eq!(run_flin(program.flin), run_lua(program.lua), "{} differs from Lua", program.name);
        let mut group = criterion.benchmark_group(program.name);
        group
            .sample_size(10)
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(3));
        group.bench_function("flin", |b| b.iter(|| run_flin(program.flin)));
        group.bench_function("lua", |b| b.iter(|| run_lua(program.lua)));
        group.bench_function("rhai", |b| b.iter(|| run_rhai(program.rhai)));
        group.finish();
    }
}

criterion_group!(benches, languages);
criterion_main!(benches);
