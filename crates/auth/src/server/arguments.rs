//! The command line of a server. A server is configured by its environment, so the arguments only explain it.

use crate::config::{SETTINGS, Setting, help};
use std::process::ExitCode;

/// A server, as its `--help` describes it.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The name of the binary.
    pub name: &'static str,
    /// One sentence about the program.
    pub about: &'static str,
    /// The version, as in `env!("CARGO_PKG_VERSION")`.
    pub version: &'static str,
    /// The settings of the program besides [`SETTINGS`].
    pub settings: &'static [Setting],
}

impl Program {
    /// Answers `--help`, `--help-env` and `--version`, and refuses every other argument. `None` without arguments:
    /// then the program starts.
    #[must_use]
    pub fn answer_arguments(&self) -> Option<ExitCode> {
        let arguments: Vec<_> = std::env::args().skip(1).collect();
        let answer = self.answer(&arguments.iter().map(String::as_str).collect::<Vec<_>>())?;
        // A closed pipe, as from `| head`, is no error.
        use std::io::Write;
        let _ = match &answer {
            Ok(text) => writeln!(std::io::stdout(), "{text}"),
            Err(text) => writeln!(std::io::stderr(), "{text}"),
        };
        Some(if answer.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(2) })
    }

    fn answer(&self, arguments: &[&str]) -> Option<Result<String, String>> {
        let Self { name, about, version, settings } = self;
        Some(match arguments {
            [] => return None,
            ["--help" | "-h"] => Ok(format!(
                "{about}\n\nUsage: {name} [OPTION]\n\nWithout an option, {name} starts. It reads its settings from \
                 environment variables.\n\nOptions:\n  -h, --help      Print this text\n      --help-env  List the \
                 environment variables\n  -V, --version   Print the version"
            )),
            ["--help-env"] => Ok(help(&[SETTINGS, settings].concat())),
            ["--version" | "-V"] => Ok(format!("{name} {version}")),
            [other, ..] => Err(format!("{name}: unexpected argument \"{other}\"; see {name} --help")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: Program = Program { name: "shop", about: "The shop.", version: "1.2.3", settings: &[] };

    #[test]
    fn the_arguments_explain_the_program() {
        assert_eq!(SHOP.answer(&[]), None);
        assert!(SHOP.answer(&["--help"]).unwrap().unwrap().contains("--help-env"));
        assert_eq!(SHOP.answer(&["-V"]).unwrap().unwrap(), "shop 1.2.3");
        let variables = SHOP.answer(&["--help-env"]).unwrap().unwrap();
        assert!(SETTINGS.iter().all(|setting| variables.contains(setting.name)));
    }

    #[test]
    fn an_unknown_argument_does_not_start_the_program() {
        for arguments in [&["--port=1"][..], &["--help", "--version"], &["start"], &[""]] {
            assert!(SHOP.answer(arguments).unwrap().is_err(), "{arguments:?}");
        }
    }
}
