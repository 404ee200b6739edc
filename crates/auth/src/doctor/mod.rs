//! The command `check`: looks at the configuration and at everything that the program depends on, and lists what it
//! finds with the fix. It changes nothing: it creates no file, runs no migration and ends no session.
//!
//! The network checks run side by side, each with a time limit. An app adds checks with
//! [`Program::checks`](crate::server::Program::checks).

mod app;
mod configuration;
mod finding;
mod identity;
mod process;
mod providers;
mod public_url;
mod store;

pub use finding::{Finding, Level, Report};

use crate::{
    clock::Clock,
    config::{Config, environment},
    http::{HttpClient, HttpError, HttpResponse},
    server::Program,
};
use futures::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use http::{Request, StatusCode};
use std::{io::Write, process::ExitCode, time::Duration};
use tokio::{runtime::Builder, time::timeout};
use url::Url;

/// How long one check may take. Checks run side by side, so the command ends soon after this time.
const LIMIT: Duration = Duration::from_secs(12);

/// Checks that only one app has.
pub type MoreChecks = for<'a> fn(&'a Checkup) -> BoxFuture<'a, Vec<Finding>>;

/// What the checks have in common.
#[derive(Debug)]
pub struct Checkup {
    /// The program's configuration.
    pub config: Config,
    /// The name of the program.
    program: String,
    http: HttpClient,
    /// For addresses that other parties supply: reaches no internal address.
    http_outside: HttpClient,
    clock: Clock,
}

/// Runs the command, prints the report, and returns the exit code: 0 without errors, 1 with errors.
pub(crate) fn run(program: &Program) -> ExitCode {
    let runtime = match Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let report = runtime.block_on(check(program.name, environment(), program.checks));
    // The system's name lookup has no time limit. Do not wait for one that is under way.
    runtime.shutdown_background();
    // A closed pipe, as from `| head`, is no error.
    let _ = writeln!(std::io::stdout(), "{report}");
    report.exit_code()
}

/// Checks the program called `program` with these variables.
pub async fn check(
    program: &str,
    vars: impl IntoIterator<Item = (String, String)>,
    more: Option<MoreChecks>,
) -> Report {
    let vars: Vec<_> = vars.into_iter().collect();
    let mut findings = configuration::secret_files(&vars);
    let config = match Config::read(program, vars) {
        Ok(config) => config,
        Err(errors) => {
            let errors = errors.into_iter().map(|error| Finding::plain_error(error.variable, error.problem));
            findings.extend(errors);
            findings.push(Finding::skipped("everything else", "it needs a valid configuration"));
            return Report { findings };
        }
    };
    let hosts = config.host_addresses.clone();
    let clients = HttpClient::new(hosts).and_then(|http| Ok((http.clone(), http.public_addresses_only()?)));
    let (http, http_outside) = match clients {
        Ok(clients) => clients,
        Err(error) => {
            findings.push(Finding::error("SSL_CERT_FILE", error.to_string(), "install root certificates"));
            return Report { findings };
        }
    };
    let checkup = Checkup { config, program: program.to_owned(), http, http_outside, clock: Clock::system() };
    findings.extend(configuration::check(&checkup.config));
    findings.extend(process::check(&checkup.config));
    let more = more.map(|more| ("this program's checks", more(&checkup)));
    let checks = [
        ("SESSION_STORE_URL", store::check(&checkup).boxed()),
        ("providers", providers::check(&checkup).boxed()),
        ("identity", identity::check(&checkup).boxed()),
        ("PUBLIC_URL", public_url::check(&checkup).boxed()),
    ];
    let checks = checks.into_iter().chain(more).map(|(subject, check)| within_limit(subject, check));
    findings.extend(join_all(checks).await.into_iter().flatten());
    Report { findings }
}

async fn within_limit(subject: &str, check: BoxFuture<'_, Vec<Finding>>) -> Vec<Finding> {
    timeout(LIMIT, check).await.unwrap_or_else(|_| {
        let found = format!("no result within {} seconds", LIMIT.as_secs());
        vec![Finding::error(subject, found, "check the network and the name lookup of this machine")]
    })
}

impl Checkup {
    /// Sends a GET request, which changes nothing at a server that follows HTTP (RFC 9110 §9.2.1).
    async fn get(&self, url: &Url) -> Result<HttpResponse, HttpError> {
        self.http.send(get(url)).await
    }
}

fn get(url: &Url) -> Request<Vec<u8>> {
    let mut request = Request::new(Vec::new());
    if let Ok(uri) = url.as_str().parse() {
        *request.uri_mut() = uri;
    }
    request
}

/// Whether a server answered as the program behind it, and not in its place.
fn is_answer(status: StatusCode) -> bool {
    !status.is_server_error()
}
