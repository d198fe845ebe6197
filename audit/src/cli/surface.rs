//! `audit surface`: the panicking calls left in the release binary.

use super::{Common, Failure, Found};
use crate::surface::{self, Surface as Listed};
use clap::Args;

/// `audit surface`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  audit surface                        builds flin for release and counts, by crate
  audit surface --of runtime::vm       each call that comes from there, with its source line
  audit surface --shrink               writes smaller numbers into reports/panic-surface.json
  audit surface --accept               writes all numbers: only with a reason, in the commit's message

Calls of the standard library's panicking functions, as they are left in the disassembled binary. Whose they are says the
debug information: the innermost source line outside of the standard library.

Exit codes: 0 within the list, 1 not, 2 wrong usage, 3 the audit itself failed")]
pub(super) struct Surface {
    /// Shows the calls that come from this crate or layer
    #[arg(long, value_name = "ORIGIN")]
    of: Option<String>,
    /// Looks at this binary instead of building flin; with it no list is written
    #[arg(long, value_name = "FILE", conflicts_with_all = ["shrink", "accept"])]
    binary: Option<std::path::PathBuf>,
    /// Takes over what became smaller
    #[arg(long)]
    shrink: bool,
    /// Takes over everything, what grew included
    #[arg(long, conflicts_with = "shrink")]
    accept: bool,
}

impl Surface {
    pub(super) fn run(&self, common: Common) -> Result<Found, Failure> {
        let repository = crate::repository();
        let (now, calls) = match &self.binary {
            Some(binary) if !binary.is_file() => {
                return Err(Failure::Usage(format!("--binary: there is no file {}", binary.display())));
            }
            Some(binary) => surface::of_binary(&repository, binary)?,
            None => surface::of_release(&repository)?,
        };
        if let Some(origin) = &self.of {
            for call in calls.iter().filter(|call| call.origin == *origin) {
                out!("{}  {}", call.line, call.callee);
            }
            return Ok(Found::AsClaimed);
        }
        let listed = Listed::load(&repository)?;
        if !common.quiet {
            let mut by_count: Vec<_> = now.calls.iter().collect();
            by_count.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            for (origin, count) in by_count {
                out!("{count:>6}  {origin}");
            }
            out!("{:>6}  in all, {}", now.total(), now.rustc);
        }
        let worse = listed.as_ref().map_or_else(Vec::new, |listed| listed.regressions(&now));
        if !self.accept
            && let Some(why) = listed.as_ref().and_then(|listed| listed.incomparable(&now))
        {
            out!("{why}");
            return Ok(Found::AsClaimed);
        }
        match listed {
            _ if self.accept => now.save(&repository)?,
            Some(listed) if self.shrink => listed.shrunk(&now).save(&repository)?,
            Some(_) => {}
            None => out!("there is no list yet; `audit surface --accept` writes it"),
        }
        if self.accept {
            return Ok(Found::AsClaimed);
        }
        for regression in &worse {
            eprintln!("{regression}");
        }
        Ok(worse.is_empty().into())
    }
}
