//! Writes the table of `runtime/docs/performance.md` from what the last `cargo bench` measured.

use bench::PROGRAMS;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| home.join("target"), PathBuf::from);
    let median = |program: &str, language: &str| {
        let file = target.join("criterion").join(program).join(language).join("new/estimates.json");
        let text = std::fs::read_to_string(&file)
            .unwrap_or_else(|e| panic!("{}: {e}; run cargo bench first", file.display()));
        let estimates: serde_json::Value = serde_json::from_str(&text).expect("criterion writes JSON");
        estimates["median"]["point_estimate"].as_f64().expect("a median") / 1e6
    };
    let mut table = String::from(
        "| program | FLIN ms | Lua ms | Rhai ms | FLIN / Lua | Rhai / FLIN |\n|---|---:|---:|---:|---:|---:|\n",
    );
    let (mut lua_ratio, mut rhai_ratio) = (0.0, 0.0);
    for program in PROGRAMS {
        let (flin, lua, rhai) =
            (median(program.name, "flin"), median(program.name, "lua"), median(program.name, "rhai"));
        lua_ratio += (flin / lua).ln();
        rhai_ratio += (rhai / flin).ln();
        let name = program.name;
        writeln!(
            table,
            "| {name} | {flin:.1} | {lua:.1} | {rhai:.1} | {:.2} | {:.1} |",
            flin / lua,
            rhai / flin
        )
        .expect("a string");
    }
    let mean = |sum: f64| (sum / PROGRAMS.len() as f64).exp();
    writeln!(table, "| geometric mean | | | | **{:.2}** | **{:.1}** |", mean(lua_ratio), mean(rhai_ratio))
        .expect("a string");
    print!("{table}");
    let page = home.join("../runtime/docs/performance.md");
    let text = std::fs::read_to_string(&page).expect("the page");
    let (before, rest) = text.split_once("<!-- table -->\n").expect("a marker");
    let (_, after) = rest.split_once("<!-- end -->").expect("a second marker");
    std::fs::write(&page, format!("{before}<!-- table -->\n{table}<!-- end -->{after}")).expect("a file");
}
