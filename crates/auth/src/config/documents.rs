//! The documents that are written from the settings: a Markdown reference, a `.env` example, and the text of
//! `--help-env`.

use super::reference::{DefaultValue, EACH_PROVIDER, Setting, Subject};
use std::fmt::Write;

/// Writes the tables of the reference, a heading and a table for each subject. Markdown.
#[must_use]
pub fn markdown(settings: &[Setting]) -> String {
    let mut text = String::new();
    for (subject, settings) in by_subject(settings) {
        let _ = write!(text, "## {}\n\n", subject.heading());
        text.push_str("| variable | meaning | value | default | example |\n|---|---|---|---|---|\n");
        for setting in settings {
            let Setting { name, meaning, unit, example, .. } = setting;
            let default = match setting.default {
                DefaultValue::Required => "**required**".to_owned(),
                DefaultValue::Value(value) => format!("`{value}`"),
                DefaultValue::Otherwise(text) => text.to_owned(),
            };
            // An example in words already has code marks.
            let example = if example.contains('`') { (*example).to_owned() } else { format!("`{example}`") };
            let _ = writeln!(text, "| `{name}` | {meaning} | {unit} | {default} | {example} |");
        }
        text.push('\n');
    }
    text
}

/// Writes the settings as a `.env` file in which every variable is empty. The settings of each provider are
/// written for the name `provider`.
#[must_use]
pub fn env_example(settings: &[Setting], provider: &str) -> String {
    let mut text = String::new();
    for (subject, settings) in by_subject(settings) {
        let _ = writeln!(text, "# --- {} {}", subject.heading(), "-".repeat(90 - subject.heading().len()));
        for setting in settings {
            let name = setting.name.replace(EACH_PROVIDER, &format!("AUTH_{provider}_"));
            for line in wrapped(&plain(setting.meaning), 110) {
                let _ = writeln!(text, "# {line}");
            }
            let facts = format!("{}. Default: {}.", setting.unit, plain(setting.default.text()));
            for line in wrapped(&facts, 110) {
                let _ = writeln!(text, "# {line}");
            }
            let _ = writeln!(text, "# Example: {}\n{name}=\n", plain(setting.example));
        }
    }
    text
}

/// Writes the settings as plain text, as for `--help-env`.
#[must_use]
pub fn help(settings: &[Setting]) -> String {
    let mut text = String::new();
    for (subject, settings) in by_subject(settings) {
        let _ = write!(text, "{}\n\n", subject.heading());
        for setting in settings {
            let _ = writeln!(text, "  {}", setting.name);
            for line in wrapped(&plain(setting.meaning), 90) {
                let _ = writeln!(text, "      {line}");
            }
            let facts = format!("{}; default: {}", setting.unit, plain(setting.default.text()));
            for line in wrapped(&facts, 90) {
                let _ = writeln!(text, "      {line}");
            }
            let _ = writeln!(text, "      example: {}", plain(setting.example));
        }
        text.push('\n');
    }
    let secrets: Vec<_> = settings.iter().filter(|one| one.is_secret).map(|one| one.name).collect();
    let note = format!(
        "A secret can be read from a file: <VARIABLE>_FILE names the file, for {}. An empty value counts as not set.",
        secrets.join(", ")
    );
    for line in wrapped(&note, 96) {
        let _ = writeln!(text, "{line}");
    }
    text
}

fn by_subject(settings: &[Setting]) -> impl Iterator<Item = (Subject, Vec<&Setting>)> {
    Subject::ALL
        .into_iter()
        .map(|subject| {
            (subject, settings.iter().filter(|setting| setting.subject == subject).collect::<Vec<_>>())
        })
        .filter(|(_, settings)| !settings.is_empty())
}

/// Removes the marks of Markdown.
fn plain(markdown: &str) -> String {
    markdown.replace('`', "")
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().map_or(0, |line| line.chars().count());
        match lines.last_mut() {
            Some(last) if line == 0 => last.push_str(word),
            Some(last) if line + 1 + word.chars().count() <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
