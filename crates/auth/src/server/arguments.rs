//! The command line of a server. A server is configured by its environment, so the arguments only name a command.

use crate::{
    config::{Config, ConfigError, SETTINGS, Setting, help},
    doctor::{self, MoreChecks},
    store::{self, StoreError},
};
use std::{io::Write, process::ExitCode};

/// A server, as its `--help` describes it.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The name of the binary.
    pub name: &'static str,
    /// One sentence about the program.
    pub about: &'static str,
    /// The version, as in `env!("CARGO_PKG_VERSION")`.
    pub version: &'static str,
    /// The settings of the program besides [`SETTINGS`], by the library that reads them.
    pub settings: &'static [&'static [Setting]],
    /// The checks of the command `check` that only this program has.
    pub checks: Option<MoreChecks>,
}

/// What the arguments ask for.
#[derive(Debug, PartialEq, Eq)]
enum Command {
    /// Print a text.
    Print(String),
    /// Refuse the arguments.
    Refuse(String),
    /// Bring the schema of the store up to date.
    Migrate,
    /// Look for problems.
    Check,
}

impl Program {
    /// Runs the commands `check` and `migrate`, answers `--help`, `--help-env` and `--version`, and refuses every other
    /// argument. `None` without arguments: then the program starts.
    #[must_use]
    pub fn answer_arguments(&self) -> Option<ExitCode> {
        let arguments: Vec<_> = std::env::args().skip(1).collect();
        Some(match self.command(&arguments.iter().map(String::as_str).collect::<Vec<_>>())? {
            Command::Print(text) => {
                print(&text);
                ExitCode::SUCCESS
            }
            Command::Refuse(text) => {
                let _ = writeln!(std::io::stderr(), "{text}");
                ExitCode::from(2)
            }
            Command::Migrate => super::run(migrate),
            Command::Check => doctor::run(self),
        })
    }

    fn command(&self, arguments: &[&str]) -> Option<Command> {
        let Self { name, about, version, settings, .. } = self;
        Some(match arguments {
            [] => return None,
            ["check"] => Command::Check,
            ["migrate"] => Command::Migrate,
            ["--help" | "-h"] => Command::Print(format!(
                "{about}\n\nUsage: {name} [COMMAND | OPTION]\n\nWithout an argument, {name} starts. It reads its settings \
                 from environment variables.\n\nCommands:\n  check           List problems with the settings, the \
                 store, the providers and the network, with the fix;\n                  changes nothing; exit code 1 \
                 with errors\n  migrate         Bring the schema of the store up to date; reads SESSION_STORE_URL \
                 only\n\nOptions:\n  -h, --help      Print this text\n      --help-env  List the environment \
                 variables\n  -V, --version   Print the version"
            )),
            ["--help-env"] => Command::Print(help(&[&[SETTINGS], *settings].concat().concat())),
            ["--version" | "-V"] => Command::Print(format!("{name} {version}")),
            // A command has no arguments.
            ["check" | "migrate", other, ..] | [other, ..] => {
                Command::Refuse(format!("{name}: unexpected argument \"{other}\"; see {name} --help"))
            }
        })
    }
}

/// Prints a line. A closed pipe, as from `| head`, is no error.
fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Brings the schema up to date, and says what it did.
async fn migrate() -> Result<(), Box<dyn std::error::Error>> {
    let url = Config::store_url_from_env()?;
    let migrated = store::migrate(&url).await;
    let migrated = migrated.map_err(|StoreError(problem)| ConfigError::new("SESSION_STORE_URL", problem))?;
    print(&migrated.to_string());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: Program =
        Program { name: "shop", about: "The shop.", version: "1.2.3", settings: &[], checks: None };

    fn printed(arguments: &[&str]) -> String {
        match SHOP.command(arguments) {
            Some(Command::Print(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_arguments_explain_the_program() {
        assert_eq!(SHOP.command(&[]), None);
        for text in ["--help-env", "\n  check ", "\n  migrate "] {
            assert!(printed(&["--help"]).contains(text), "{text}");
        }
        assert_eq!(printed(&["-V"]), "shop 1.2.3");
        let variables = printed(&["--help-env"]);
        assert!(SETTINGS.iter().all(|setting| variables.contains(setting.name)));
    }

    #[test]
    fn a_command_is_one_word() {
        assert_eq!(SHOP.command(&["check"]), Some(Command::Check));
        assert_eq!(SHOP.command(&["migrate"]), Some(Command::Migrate));
    }

    #[test]
    fn an_unknown_argument_does_not_start_the_program() {
        let unknown: [&[&str]; 7] = [
            &["--port=1"],
            &["--help", "--version"],
            &["start"],
            &[""],
            &["Check"],
            &["check", "--fix"],
            &["migrate", "5"],
        ];
        for arguments in unknown {
            assert!(matches!(SHOP.command(arguments), Some(Command::Refuse(_))), "{arguments:?}");
        }
    }
}
