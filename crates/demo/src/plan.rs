//! Environment and arguments of each process. Pure functions, so that tests need not start a process.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{
    cli::Setting,
    registry::PREVIEWS,
    secrets::Secrets,
    shared_env::SharedEnv,
    suite::{Addresses, Process},
};

/// Client id of the suite at the embedded provider.
const DEMO_CLIENT_ID: &str = "demo";

/// Idle timeout of the store app, in seconds. The other apps have none, so that the difference is visible.
const STORE_IDLE_TIMEOUT: u32 = 1800;

/// Distance from an app's port up to its live-reload port, which only `--watch` uses.
const RELOAD_PORT_DISTANCE: u16 = 10;

/// The databases of the suite, in the data folder: those of games and store, of partner, and of identity.
pub(crate) const DATABASES: [&str; 3] = ["wow.db", "partner.db", "identity.db"];

/// The settings from which the environment and arguments of every process follow.
pub(crate) struct Plan<'a> {
    /// The repository's folder.
    pub(crate) root: &'a Path,
    pub(crate) data_dir: &'a Path,
    /// Identity's registry of apps, with the port offset applied.
    pub(crate) registry: PathBuf,
    pub(crate) addresses: Addresses<'a>,
    pub(crate) release: bool,
    pub(crate) partner_direct: bool,
    /// The program to run as partner, instead of `examples/partner`.
    pub(crate) partner: Option<&'a Path>,
    pub(crate) faults: bool,
    /// In a public demo: the sentence at the top of every page.
    pub(crate) live_demo: Option<&'a str>,
    /// Whether preview deployments can sign in.
    pub(crate) previews: bool,
    /// `NAME=ADDRESS:PORT` of hosts that the system does not know.
    pub(crate) host_addresses: &'a [String],
    pub(crate) secrets: &'a Secrets,
    pub(crate) shared: &'a SharedEnv,
    pub(crate) settings: &'a [Setting],
}

impl Plan<'_> {
    /// Returns the variables to set for a process, in addition to those that it inherits (see
    /// [`is_inherited`]).
    pub(crate) fn environment(&self, process: Process) -> BTreeMap<String, String> {
        let mut env = Env::default();
        if process == Process::Provider {
            env.set("DEV_PROVIDER_CLIENT_SECRET", &self.secrets.demo_client);
            if self.previews {
                env.set("DEV_PROVIDER_PREVIEW_CLIENT_SECRET", &self.secrets.demo_preview_client);
            }
        } else {
            self.leptos(process, &mut env);
            self.app(process, &mut env);
            for (name, value) in self.shared.auth() {
                env.set(name, value);
            }
            if process == Process::Partner && self.partner_direct {
                env.0.remove("AUTH_REDIRECT_PROXY_URL");
            }
        }
        if process == Process::Partner && self.partner.is_some() {
            env.0.remove("LEPTOS_SITE_ROOT");
        }
        for setting in self.settings.iter().filter(|setting| setting.process == process) {
            env.set(&setting.name, &setting.value);
        }
        env.0
    }

    /// Returns the arguments of a process. The provider is configured by arguments, the apps by environment.
    pub(crate) fn arguments(&self, process: Process) -> Vec<String> {
        if process != Process::Provider {
            return Vec::new();
        }
        let addresses = self.addresses;
        let mut arguments = Vec::new();
        let mut flag = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
        flag("--listen", addresses.listen(process));
        flag("--issuer", self.issuer());
        flag("--data-dir", self.data_dir.join("provider").display().to_string());
        flag("--client-id", DEMO_CLIENT_ID.to_owned());
        flag("--style", self.root.join("crates/auth-leptos/style/suite.css").display().to_string());
        for uri in addresses.urls(Process::Identity, "/auth/callback/demo") {
            flag("--redirect-uri", uri);
        }
        for uri in addresses.urls(Process::Identity, "/auth/logout/callback") {
            flag("--post-logout-redirect-uri", uri);
        }
        // One address is enough: the provider's server posts there, not a browser.
        if let Some(uri) = addresses.urls(Process::Identity, "/auth/backchannel-logout").into_iter().next() {
            flag("--backchannel-logout-uri", uri);
        }
        for app in Process::ALL.into_iter().filter(|app| *app != process) {
            for origin in addresses.origins(app) {
                flag("--app-origin", origin);
            }
        }
        if self.previews {
            flag("--preview-client-id", PREVIEWS.to_owned());
        }
        for address in self.host_addresses {
            flag("--host-address", address.clone());
        }
        arguments.push("--visitor-faults".to_owned());
        if let Some(notice) = self.live_demo {
            arguments.extend(["--public-demo".to_owned(), "--notice".to_owned(), notice.to_owned()]);
        }
        if self.faults {
            arguments.push("--faults".to_owned());
        }
        arguments
    }

    fn leptos(&self, process: Process, env: &mut Env) {
        let port = self.addresses.port(process);
        env.set("LEPTOS_OUTPUT_NAME", "app");
        env.set("LEPTOS_SITE_ADDR", self.addresses.listen(process));
        env.set(
            "LEPTOS_SITE_ROOT",
            self.root.join("target/site").join(process.binary()).display().to_string(),
        );
        env.set("LEPTOS_SITE_PKG_DIR", "pkg");
        env.set("LEPTOS_RELOAD_PORT", port.saturating_add(RELOAD_PORT_DISTANCE).to_string());
        env.set("LEPTOS_ENV", if self.release { "PROD" } else { "DEV" });
    }

    fn app(&self, process: Process, env: &mut Env) {
        let proxies = self.addresses.urls(Process::Identity, "/auth");
        let [wow, partner, identity] = DATABASES;
        let (app_name, accent, secret, database) = match process {
            Process::Main => ("Games", "blue", &self.secrets.wow, wow),
            Process::Store => ("Store", "green", &self.secrets.wow, wow),
            Process::Partner => ("Partner", "plum", &self.secrets.partner, partner),
            Process::Identity | Process::Provider => ("Identity", "amber", &self.secrets.identity, identity),
        };
        env.set("APP_NAME", app_name);
        env.set("APP_ACCENT", accent);
        // Partner has no tour, so it would record for no page.
        if process != Process::Partner {
            env.set("AUTH_FLOW_TRACE", "1");
            env.set("TOUR_URLS", self.tour_urls());
        }
        env.set("AUTH_LOG_FORMAT", "text");
        env.set("PUBLIC_URL", self.addresses.origins(process).join(","));
        env.set("AUTH_SECRET", secret);
        env.set("SESSION_STORE_URL", format!("sqlite://{}", self.data_dir.join(database).display()));

        if !self.host_addresses.is_empty() {
            env.set("AUTH_HOST_ADDRESSES", self.host_addresses.join(","));
        }
        if self.addresses.domains().is_some() {
            // The reverse proxy runs on this machine.
            env.set("AUTH_TRUSTED_PROXIES", "127.0.0.0/8");
        }
        if let Some(notice) = self.live_demo {
            env.set("AUTH_NOTICE", notice);
            env.set("AUTH_ROBOTS", "0");
        }
        match process {
            Process::Main | Process::Partner => {}
            Process::Store => env.set("AUTH_IDLE_TIMEOUT", STORE_IDLE_TIMEOUT.to_string()),
            Process::Identity | Process::Provider => {
                env.set("APPS_FILE", self.registry.display().to_string());
            }
        }
        if matches!(process, Process::Main | Process::Store) {
            let domain = self.addresses.domains().map_or("wow.localhost", |domains| &domains.shared);
            env.set("AUTH_COOKIE_DOMAIN", format!(".{domain}"));
        }
        if process != Process::Identity {
            // The canonical address first. The address below `.wow.localhost` serves the frames of games and
            // store.
            env.set("AUTH_REDIRECT_PROXY_URL", proxies.join(","));
        }
        let [games, store, partner] = &self.secrets.identity_clients;
        let client = match process {
            Process::Main => Some(("games", games)),
            Process::Store => Some(("store", store)),
            Process::Partner => Some(("partner", partner)),
            Process::Identity | Process::Provider => {
                env.set("GAMES_CLIENT_SECRET", games);
                env.set("STORE_CLIENT_SECRET", store);
                env.set("PARTNER_CLIENT_SECRET", partner);
                if self.previews {
                    env.set("PREVIEWS_CLIENT_SECRET", &self.secrets.preview_client);
                }
                None
            }
        };
        if let Some((client_id, secret)) = client {
            env.set("AUTH_IDENTITY_ID", client_id);
            env.set("AUTH_IDENTITY_SECRET", secret);
            env.set("AUTH_IDENTITY_ISSUER", self.addresses.origins(Process::Identity).swap_remove(0));
        }
        if self.shared.wants_embedded_provider() {
            env.set("AUTH_DEMO_ID", DEMO_CLIENT_ID);
            env.set("AUTH_DEMO_SECRET", &self.secrets.demo_client);
            env.set("AUTH_DEMO_ISSUER", self.issuer());
        }
    }

    /// The addresses of the apps, for the tour's links.
    fn tour_urls(&self) -> String {
        let last = |process| self.addresses.origins(process).pop().unwrap_or_default();
        let mut urls = vec![
            // The last address shares a domain with the store's.
            format!("games={}", last(Process::Main)),
            format!("store={}", last(Process::Store)),
            format!("partner={}", last(Process::Partner)),
            format!("identity={}", self.addresses.origins(Process::Identity).swap_remove(0)),
        ];
        if self.shared.wants_embedded_provider() {
            urls.push(format!("failures={}/try-failures", self.issuer()));
        }
        urls.join(",")
    }

    fn issuer(&self) -> String {
        self.addresses.origins(Process::Provider).concat()
    }
}

/// Whether a process inherits a variable from the supervisor's environment. Only the plan sets variables that
/// configure an app, so that a stray variable of the shell cannot change one process unnoticed.
pub(crate) fn is_inherited(name: &str) -> bool {
    let prefixes = ["APP_", "AUTH_", "LEPTOS_", "TOUR_"];
    let configures_an_app = prefixes.iter().any(|prefix| name.starts_with(prefix));
    !configures_an_app && !matches!(name, "APPS_FILE" | "PUBLIC_URL" | "SESSION_STORE_URL")
}

#[derive(Default)]
struct Env(BTreeMap<String, String>);

impl Env {
    fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests;
