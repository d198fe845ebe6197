//! Whole programs that together use every construct of the language, compiled: what `bytecode_verified` changes a little.
//!
//! Their sources lie in `specimens/`: scripts, and one project with all that a server knows.

use super::machine;
use flin_runtime::app::SourceFile;
use flin_runtime::check::project::Role;
use flin_runtime::code::Module;
use std::sync::LazyLock;

/// Name and source of a script.
macro_rules! script {
    ($name:literal) => {
        ($name, include_str!(concat!("specimens/scripts/", $name)))
    };
}

/// Path and source of a file of the project.
macro_rules! file {
    ($path:literal) => {
        ($path, include_str!(concat!("specimens/project/", $path)))
    };
}

const SCRIPTS: &[(&str, &str)] = &[
    script!("arithmetic.flin"),
    script!("calls.flin"),
    script!("compare.flin"),
    script!("errors.flin"),
    script!("loops.flin"),
    script!("memory.flin"),
    script!("odds.flin"),
    script!("places.flin"),
];

const PROJECT: &[(&str, &str)] = &[
    file!("app/_middleware.flin"),
    file!("app/api.flin"),
    file!("app/index.flin"),
    file!("app/nest.flin"),
    file!("app/people.flin"),
    file!("components/Card.flin"),
    file!("components/Deep.flin"),
    file!("jobs/clean.flin"),
    file!("lib/shared.flin"),
];

/// All of them: each script, then the project with its endpoints. Inputs name them by number.
pub static SPECIMENS: LazyLock<Vec<Module>> = LazyLock::new(|| {
    let scripts = SCRIPTS.iter().map(|(name, source)| {
        let file = SourceFile::in_memory(name, Role::Script, *source);
        let Some(module) = machine::compile_files(&[file]) else { panic!("{name} does not compile") };
        (*module).clone()
    });
    let Some(served) = machine::compile_served(&project()) else { panic!("the project does not compile") };
    scripts.chain([(*served).clone()]).collect()
});

fn project() -> Vec<SourceFile> {
    let file =
        |(path, text): &(&str, &str)| SourceFile::in_memory(path, Role::of(path, &["components"]), *text);
    PROJECT.iter().map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flin_runtime::app::End;
    use flin_runtime::code::{Unverified, verify};

    #[test]
    fn scripts_come_to_their_ends_and_the_project_answers() {
        for (module, (name, _)) in SPECIMENS.iter().zip(SCRIPTS) {
            let ran = machine::run(&verify(Unverified(module.clone())).unwrap(), false);
            let last = match &ran.end {
                End::Uncaught(error) => error.message.as_str(),
                End::Done => "",
                other => panic!("{name}: {other:?}\n{}", ran.output),
            };
            let expected = match *name {
                "errors.flin" => "end Outer",
                "memory.flin" => "full MemoryLimitExceeded",
                _ => "",
            };
            assert_eq!(last, expected, "{name}: {}", ran.output);
        }
        let project = SPECIMENS.last().unwrap();
        let answered = machine::run_endpoints(&verify(Unverified(project.clone())).unwrap());
        assert_eq!(
            (project.endpoints.len(), answered),
            (22, 22),
            "what runs out of fuel shows nothing of its rest"
        );
    }
}
