//! The benchmark programs, each in three languages, and how each language runs one.

use flin_runtime::app::build;
use flin_runtime::app::{End, Execution, Limits, MemoryHost, SourceFile};
use flin_runtime::check::Role;
use flin_runtime::value::Pool;

/// A program in FLIN, Lua and Rhai.
pub struct Program {
    /// Its name in the table.
    pub name: &'static str,
    /// FLIN source.
    pub flin: &'static str,
    /// Lua source.
    pub lua: &'static str,
    /// Rhai source.
    pub rhai: &'static str,
}

macro_rules! programs {
    ($($name:literal)+) => {
        /// All of them.
        pub const PROGRAMS: &[Program] = &[$(Program {
            name: $name,
            flin: include_str!(concat!("../programs/", $name, ".flin")),
            lua: include_str!(concat!("../programs/", $name, ".lua")),
            rhai: include_str!(concat!("../programs/", $name, ".rhai")),
        }),+];
    };
}

programs! { "fib" "loop" "sieve" "nbody" "text" "sort" "map" "closures" }

/// Runs a FLIN program and gives what it printed.
pub fn run_flin(source: &str) -> String {
    let limits = Limits::default();
    let files = [SourceFile::in_memory("bench.flin", Role::Script, source)];
    let built = build::build(&files, 0, &limits).expect("the program compiles");
    let program = build::link(built.module).expect("the program links");
    let mut host = MemoryHost::default();
    let mut execution = Execution::new(program, Pool::new(1 << 30), &limits, &mut host).expect("a VM");
    let end = execution.run(&mut host);
    assert_eq!(end, End::Done, "{}", host.output);
    host.output
}

/// Runs a Lua program and gives what it printed.
pub fn run_lua(source: &str) -> String {
    let lua = mlua::Lua::new();
    let out = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let sink = out.clone();
    let print = lua.create_function(move |lua, args: mlua::MultiValue| {
        let parts: Result<Vec<String>, _> = args
            .into_iter()
            .map(|v| {
                Ok::<_, mlua::Error>(lua.coerce_string(v)?.map_or_else(String::new, |s| s.to_string_lossy()))
            })
            .collect();
        let mut out = sink.lock().expect("one thread");
        out.push_str(&parts?.join(" "));
        out.push('\n');
        Ok(())
    });
    lua.globals().set("print", print.expect("a function")).expect("a global");
    lua.load(source).exec().expect("the program runs");
    drop(lua);
    out.lock().expect("one thread").clone()
}

/// Runs a Rhai program and gives what it printed.
pub fn run_rhai(source: &str) -> String {
    let mut engine = rhai::Engine::new();
    engine.set_max_expr_depths(0, 0);
    let out = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let sink = out.clone();
    engine.on_print(move |text| {
        let mut out = sink.lock().expect("one thread");
        out.push_str(text);
        out.push('\n');
    });
    engine.run(source).expect("the program runs");
    drop(engine);
    out.lock().expect("one thread").clone()
}
