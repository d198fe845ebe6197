//! The hidden commands: what a child process of the audit does.

use crate::catalogue::Catalogue;
use crate::harness::specimen::Specimen;
use crate::harness::{Channel, Limits, Size};
use crate::{drivers, prove};
use clap::Args;
use std::process::ExitCode;

/// A child that finds itself unable to work has still told why, on the pipe.
const UNUSABLE: u8 = 3;

#[derive(Debug, Args)]
pub(super) struct Sandbox {
    /// Limits of this process
    #[arg(long, value_parser = parse_limits, default_value = "{}")]
    limits: Limits,
}

fn parse_limits(text: &str) -> Result<Limits, serde_json::Error> {
    serde_json::from_str(text)
}

impl Sandbox {
    /// Limits first, so that nothing of what follows runs without them; then the pipe.
    pub(super) fn enter(&self) -> Result<Channel, ExitCode> {
        let limited = self.limits.apply();
        let mut channel = Channel::open();
        match limited {
            Ok(()) => Ok(channel),
            Err(error) => {
                channel.unusable(error);
                Err(ExitCode::from(UNUSABLE))
            }
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Case {
    id: String,
    #[arg(long, value_enum, default_value = "quick")]
    size: SizeName,
    #[arg(long, value_delimiter = ',')]
    knock_out: Vec<String>,
    #[command(flatten)]
    sandbox: Sandbox,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum SizeName {
    Quick,
    Full,
}

impl From<SizeName> for Size {
    fn from(name: SizeName) -> Self {
        match name {
            SizeName::Quick => Self::Quick,
            SizeName::Full => Self::Full,
        }
    }
}

impl Case {
    pub(super) fn run(self) -> ExitCode {
        let mut channel = match self.sandbox.enter() {
            Ok(channel) => channel,
            Err(code) => return code,
        };
        match self.drive(&mut channel) {
            Ok(()) => {
                channel.end();
                ExitCode::SUCCESS
            }
            Err(why) => {
                channel.unusable(why);
                ExitCode::from(UNUSABLE)
            }
        }
    }

    fn drive(&self, channel: &mut Channel) -> Result<(), Box<dyn std::error::Error>> {
        let catalogue = Catalogue::load(&crate::repository())?;
        let entry = catalogue.find(&self.id).ok_or("there is no such vector")?;
        drivers::knock_out(&self.knock_out)?;
        drivers::run(entry, self.size.into(), channel)?;
        Ok(())
    }
}

#[derive(Debug, Args)]
pub(super) struct CounterModel {
    name: String,
    #[command(flatten)]
    sandbox: Sandbox,
}

impl CounterModel {
    pub(super) fn run(self) -> ExitCode {
        let mut channel = match self.sandbox.enter() {
            Ok(channel) => channel,
            Err(code) => return code,
        };
        let Some(model) = prove::counter_models::find(&self.name) else {
            channel.unusable(format_args!("there is no counter-model {}", self.name));
            return ExitCode::from(UNUSABLE);
        };
        model(&mut channel);
        channel.alive();
        channel.end();
        ExitCode::SUCCESS
    }
}

#[derive(Debug, Args)]
pub(super) struct SpecimenArgs {
    specimen: Specimen,
    #[command(flatten)]
    sandbox: Sandbox,
}

impl SpecimenArgs {
    pub(super) fn run(self) -> ExitCode {
        match self.sandbox.enter() {
            Ok(channel) => {
                self.specimen.behave(channel);
                ExitCode::SUCCESS
            }
            Err(code) => code,
        }
    }
}
