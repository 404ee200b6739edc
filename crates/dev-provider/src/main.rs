//! The `dev-provider` program. `dev-provider --help` lists its options.

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser};
use dev_provider::{Client, ClientAuth, Config, DevProvider, Error, Personality, serve};
use secrecy::SecretString;
use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

/// Variable with the client secret. No option takes the secret, because every user of the machine can read
/// `argv`.
const SECRET: &str = "DEV_PROVIDER_CLIENT_SECRET";

/// Variable with the secret of the second client.
const PREVIEW_SECRET: &str = "DEV_PROVIDER_PREVIEW_CLIENT_SECRET";

/// A small OpenID Provider for development and public demos: two demo users, no passwords.
///
/// The client secret is read only from the environment variable DEV_PROVIDER_CLIENT_SECRET. A client with a
/// public key needs no secret.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Address to listen on
    #[arg(long, env = "DEV_PROVIDER_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:4300")]
    listen: SocketAddr,
    /// Public origin of this provider: the issuer in its tokens
    #[arg(long, env = "DEV_PROVIDER_ISSUER", default_value = "http://auth.wow.localhost:4300")]
    issuer: Url,
    /// Folder for the signing key; without a folder, every start generates a new key
    #[arg(long, env = "DEV_PROVIDER_DATA_DIR", value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Client id of the only client
    #[arg(long, env = "DEV_PROVIDER_CLIENT_ID", value_name = "ID", default_value = "demo")]
    client_id: String,
    /// Redirect URI of the client; may be repeated (in the variable: separated by commas)
    #[arg(
        long = "redirect-uri",
        env = "DEV_PROVIDER_REDIRECT_URI",
        value_name = "URI",
        value_delimiter = ',',
        required = true
    )]
    redirect_uris: Vec<Url>,
    /// Post-logout redirect URI of the client; may be repeated (in the variable: separated by commas)
    #[arg(
        long = "post-logout-redirect-uri",
        env = "DEV_PROVIDER_POST_LOGOUT_REDIRECT_URI",
        value_name = "URI",
        value_delimiter = ','
    )]
    post_logout_redirect_uris: Vec<Url>,
    /// Back-channel logout URI of the client (OpenID Connect Back-Channel Logout 1.0)
    #[arg(long, env = "DEV_PROVIDER_BACKCHANNEL_LOGOUT_URI", value_name = "URI")]
    backchannel_logout_uri: Option<Url>,
    /// Client id of a second client with the same URIs, for preview deployments. Its secret is in
    /// DEV_PROVIDER_PREVIEW_CLIENT_SECRET
    #[arg(long, env = "DEV_PROVIDER_PREVIEW_CLIENT_ID", value_name = "ID")]
    preview_client_id: Option<String>,
    /// Address of a client's host that the system's resolver does not know; may be repeated (in the variable:
    /// separated by commas)
    #[arg(
        long = "host-address",
        env = "DEV_PROVIDER_HOST_ADDRESS",
        value_name = "NAME=ADDRESS:PORT",
        value_delimiter = ',',
        value_parser = host_address
    )]
    host_addresses: Vec<(String, SocketAddr)>,
    /// Lifetime of an access token
    #[arg(
        long,
        env = "DEV_PROVIDER_ACCESS_TOKEN_TTL",
        value_name = "SECONDS",
        default_value = "300",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    access_token_ttl: u32,
    /// Style sheet for the provider's pages, instead of the built-in one
    #[arg(long, env = "DEV_PROVIDER_STYLE", value_name = "FILE")]
    style: Option<PathBuf>,
    /// Provider to behave like
    #[arg(long, env = "DEV_PROVIDER_PERSONALITY", value_enum, default_value_t)]
    personality: Personality,
    /// File with the client's public key as PEM; the client then uses private_key_jwt instead of its secret
    #[arg(long, env = "DEV_PROVIDER_CLIENT_PUBLIC_KEY", value_name = "FILE")]
    client_public_key: Option<PathBuf>,
    /// Apple's team id; with the key id, the client secret is a JWT as for Sign in with Apple
    #[arg(
        long,
        env = "DEV_PROVIDER_APPLE_TEAM_ID",
        value_name = "ID",
        requires = "apple_key_id",
        requires = "client_public_key"
    )]
    apple_team_id: Option<String>,
    /// Apple's key id
    #[arg(long, env = "DEV_PROVIDER_APPLE_KEY_ID", value_name = "ID", requires = "apple_team_id")]
    apple_key_id: Option<String>,
    /// Origin of a federated login on another host; a sign-in and a sign-out lead there and back
    #[arg(long, env = "DEV_PROVIDER_FEDERATED_VIA", value_name = "ORIGIN")]
    federated_via: Option<Url>,
    /// Supported scope, instead of the default scopes; may be repeated (in the variable: separated by commas)
    #[arg(
        long = "scope-supported",
        env = "DEV_PROVIDER_SCOPE_SUPPORTED",
        value_name = "SCOPE",
        value_delimiter = ','
    )]
    scopes_supported: Option<Vec<String>>,
    /// Supported prompt value, instead of the default values; may be repeated (in the variable: separated by
    /// commas)
    #[arg(
        long = "prompt-value",
        env = "DEV_PROVIDER_PROMPT_VALUE",
        value_name = "PROMPT",
        value_delimiter = ','
    )]
    prompt_values: Option<Vec<String>>,
    /// Second audience of every ID token
    #[arg(long, env = "DEV_PROVIDER_EXTRA_AUDIENCE", value_name = "AUDIENCE")]
    extra_audience: Option<String>,
    /// Answers prompt=none with login_required unless the request has an id_token_hint
    #[arg(long, env = "DEV_PROVIDER_REQUIRES_HINT")]
    requires_hint: bool,
    /// Serves the public, with throwaway users for each visitor; refused beside everything that is for tests.
    /// The reverse proxy must be on this machine
    #[arg(long, env = "DEV_PROVIDER_PUBLIC_DEMO")]
    public_demo: bool,
    /// Sentence at the top of every page
    #[arg(long, env = "DEV_PROVIDER_NOTICE", value_name = "TEXT")]
    notice: Option<String>,
    /// Enables /try-failures, where a visitor switches on failures for one browser
    #[arg(long, env = "DEV_PROVIDER_VISITOR_FAULTS")]
    visitor_faults: bool,
    /// Origin of an app that /try-failures may link back to; may be repeated (in the variable: separated by commas)
    #[arg(
        long = "app-origin",
        env = "DEV_PROVIDER_APP_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    app_origins: Vec<Url>,
    /// For tests only: enables /test/faults, which makes the provider misbehave
    #[arg(long, env = "DEV_PROVIDER_FAULTS")]
    faults: bool,
}

fn host_address(text: &str) -> Result<(String, SocketAddr), String> {
    let (name, address) = text.split_once('=').ok_or("expected NAME=ADDRESS:PORT")?;
    Ok((name.to_owned(), address.parse().map_err(|error| format!("{address}: {error}"))?))
}

impl Options {
    fn config(self, client_secret: SecretString) -> Result<Config, String> {
        let defaults = Config::new(self.issuer);
        let style = match &self.style {
            Some(file) => read("DEV_PROVIDER_STYLE", file)?.into(),
            None => defaults.style.clone(),
        };
        // The metadata of Entra and Apple list no values.
        let default_prompts =
            defaults.prompt_values.clone().filter(|_| self.personality == Personality::Plain);
        let public_key_pem = match &self.client_public_key {
            Some(file) => Some(read("DEV_PROVIDER_CLIENT_PUBLIC_KEY", file)?),
            None => None,
        };
        let client_auth = match (public_key_pem, self.apple_team_id, self.apple_key_id) {
            (Some(public_key_pem), Some(team_id), Some(key_id)) => {
                ClientAuth::AppleJwt { team_id, key_id, public_key_pem }
            }
            (Some(public_key_pem), ..) => ClientAuth::PrivateKeyJwt { public_key_pem },
            (None, ..) => ClientAuth::Secret,
        };
        let client = Client {
            client_id: self.client_id,
            client_secret,
            client_auth,
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            backchannel_logout_uri: self.backchannel_logout_uri,
        };
        let preview = self.preview_client_id.map(|client_id| Client {
            client_id,
            client_secret: SecretString::from(std::env::var(PREVIEW_SECRET).unwrap_or_default()),
            client_auth: ClientAuth::Secret,
            ..client.clone()
        });
        Ok(Config {
            clients: [client].into_iter().chain(preview).collect(),
            host_addresses: self.host_addresses,
            data_dir: self.data_dir,
            faults: self.faults,
            public_demo: self.public_demo,
            visitor_faults: self.visitor_faults,
            app_origins: self.app_origins,
            notice: self.notice,
            access_token_ttl: Duration::from_secs(self.access_token_ttl.into()),
            style,
            personality: self.personality,
            federated_via: self.federated_via,
            scopes_supported: self.scopes_supported,
            prompt_values: self.prompt_values.or(default_prompts),
            extra_audience: self.extra_audience,
            requires_hint: self.requires_hint,
            ..defaults
        })
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|_| "warn,dev_provider=info".into()))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            error.exit()
        }
        Err(error) => return fail(&one_line(&error)),
    };
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(&message),
    }
}

async fn run(options: Options) -> Result<(), String> {
    let secret = std::env::var(SECRET).ok().filter(|secret| !secret.is_empty());
    if secret.is_none() && options.client_public_key.is_none() {
        return Err(format!("{SECRET} is not set: set it to the client's secret"));
    }
    let listen = options.listen;
    let issuer = options.issuer.origin().ascii_serialization();
    // Bind first: a key is not needed if the port is taken.
    let listener = tokio::net::TcpListener::bind(listen).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("port {} is taken: stop the program there, or set DEV_PROVIDER_LISTEN", listen.port())
        }
        _ => format!("DEV_PROVIDER_LISTEN: cannot listen on {listen}: {error}"),
    })?;
    let config = options.config(SecretString::from(secret.unwrap_or_default()))?;
    let has_faults = config.faults;
    let provider = DevProvider::new(config).map_err(|error| match error {
        Error::Config { setting, reason } => format!("{}: {reason}", variable(setting)),
        Error::KeyFile(cause) => format!("DEV_PROVIDER_DATA_DIR: cannot access signing-key.pem: {cause}"),
        Error::Key(cause) => format!("DEV_PROVIDER_DATA_DIR: signing-key.pem cannot be used: {cause}"),
        other => other.to_string(),
    })?;
    if has_faults {
        tracing::warn!("fault injection enabled: for tests only");
    }
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let shutdown = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        tracing::info!("stopping");
    };
    tracing::info!(%listen, issuer, "ready");
    serve(provider, listener, shutdown).await.map_err(|error| error.to_string())
}

/// Returns clap's message as one line, after the variable of the option that the message names.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let message: Vec<&str> =
        lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more")).collect();
    let message = message.join(" ");
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    let about = message.split("--").nth(1).and_then(|rest| rest.split([' ', '\'']).next());
    let known = Options::command().get_arguments().any(|option| option.get_long() == about);
    match about {
        Some(option) if known => format!("{}: {message}", variable(option)),
        _ => message.to_owned(),
    }
}

fn read(variable: &str, file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{variable}: {}: {error}", file.display()))
}

fn variable(setting: &str) -> String {
    format!("DEV_PROVIDER_{}", setting.to_ascii_uppercase().replace('-', "_"))
}

fn fail(message: &str) -> ExitCode {
    // A closed stderr leaves no place to report the error.
    let _ = writeln!(std::io::stderr(), "dev-provider: {message}");
    ExitCode::FAILURE
}
