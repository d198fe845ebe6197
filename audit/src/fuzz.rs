//! What each fuzz target does with its bytes. A target is one line of glue over a function of this module, so whatever a
//! fuzzer finds is replayed by plain `cargo test`, on stable and without libFuzzer.
//!
//! Each function states its oracle and panics when it does not hold. Each target names the modules of the runtime that
//! it is for: its committed corpus covers them, and it finds what breaks when one of their guards is switched off
//! (`audit fuzz coverage`, `audit fuzz knockout`).

pub mod bytecode;
pub mod bytecode_verified;
#[cfg(feature = "cli")]
pub mod campaign;
pub mod config;
pub mod connection;
#[cfg(feature = "cli")]
pub mod coverage;
pub mod cron_expression;
pub mod dictionary;
#[cfg(feature = "cli")]
pub mod finders;
pub mod form_multipart;
pub mod http_parser;
pub mod http_sequence;
pub mod json_body;
#[cfg(feature = "cli")]
pub mod knockout;
pub mod machine;
pub mod program_differential;
#[cfg(feature = "cli")]
pub mod programs;
#[cfg(test)]
mod properties;
pub mod source;
pub mod specimens;
pub mod store_model;
#[cfg(feature = "knockout")]
mod switch;
pub mod unicode_text;
pub mod view;
pub mod wal_recovery;
pub mod websocket;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, which is that of its glue, corpus and dictionary.
    pub name: &'static str,
    /// The modules of the runtime that it is for, as paths below the crate; what lies below them included.
    pub modules: &'static [&'static str],
    /// Longer inputs are left alone: they see no more than short ones, and take longer.
    pub input_bytes_max: usize,
    judge: fn(&[u8]),
}

impl Target {
    /// Judges any bytes; panics when the oracle does not hold.
    pub fn run(&self, bytes: &[u8]) {
        #[cfg(feature = "knockout")]
        switch::knock_out();
        if bytes.len() <= self.input_bytes_max {
            (self.judge)(bytes);
        }
    }

    /// The target of that name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Is it for this module of the runtime?
    pub fn is_for(&self, module: &str) -> bool {
        let left_out = MODULES_LEFT_OUT.iter().any(|(outer, _)| lies_in(module, outer));
        !left_out && self.modules.iter().any(|own| lies_in(module, own))
    }
}

/// All targets, but for the canary, which crashes on purpose.
pub const TARGETS: &[Target] = &[
    bytecode::TARGET,
    bytecode_verified::TARGET,
    config::TARGET,
    cron_expression::TARGET,
    form_multipart::TARGET,
    http_parser::TARGET,
    http_sequence::TARGET,
    json_body::TARGET,
    program_differential::TARGET,
    source::TARGET,
    store_model::TARGET,
    unicode_text::TARGET,
    view::TARGET,
    wal_recovery::TARGET,
    websocket::TARGET,
];

/// Guards that no target knocks out, with the reason.
pub const GUARDS_LEFT_OUT: &[(&str, &str)] = &[
    ("PanicBoundary", "holds back nothing while every other guard stands, and a fuzzer stops at any panic"),
    ("OwnStack", "gives the command line's thread its stack, which no target runs on"),
];

/// Modules below those of a target that no target reaches, with the reason.
pub const MODULES_LEFT_OUT: &[(&str, &str)] = &[
    ("app::files::disk", "targets touch no disk"),
    ("store::commit::stage", "its guard stops panics, and a fuzzer stops at any"),
    ("server::gate::gated::stream", "its upgrades and lingering need a peer that waits"),
    ("natives::json::entity", "scripts have no entities"),
];

fn lies_in(module: &str, outer: &str) -> bool {
    module.strip_prefix(outer).is_some_and(|below| below.is_empty() || below.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flin_runtime::base::guard::Guard;

    #[test]
    fn modules_of_targets_exist_and_their_headers_name_them() {
        let root = crate::repository();
        for target in TARGETS {
            let header =
                std::fs::read_to_string(root.join(format!("audit/src/fuzz/{}.rs", target.name))).unwrap();
            let header: String = header.lines().take_while(|line| line.starts_with("//!")).collect();
            for module in target.modules {
                let file = root.join("runtime/src").join(module.replace("::", "/")).with_extension("rs");
                assert!(file.is_file(), "{}: {module}", target.name);
                assert!(header.contains(&format!("`{module}`")), "{} does not name {module}", target.name);
            }
        }
    }

    #[test]
    fn guards_left_out_exist_and_no_target_is_for_them() {
        for (name, _) in GUARDS_LEFT_OUT {
            let guard = Guard::by_name(name).unwrap();
            assert!(TARGETS.iter().all(|target| !target.is_for(guard.module())), "{name}");
        }
    }

    #[test]
    fn a_module_includes_what_lies_below_it() {
        let unicode = Target::by_name("unicode_text").unwrap();
        assert!(unicode.is_for("value::text") && unicode.is_for("value::text::slice"));
        assert!(!unicode.is_for("value") && !unicode.is_for("value::textual"));
    }

    #[test]
    fn what_is_too_long_is_left_alone() {
        let judged = |bytes: &[u8]| assert!(bytes.is_empty(), "judged");
        let target = Target { name: "", modules: &[], input_bytes_max: 1, judge: judged };
        target.run(b"ab");
        assert!(std::panic::catch_unwind(|| target.run(b"a")).is_err());
    }
}
