//! A browser for HTTP tests: keeps cookies per host, sends `Origin` with forms, and follows redirects only
//! when a test asks.

use auth::http::{HttpClient, HttpError};
use http::{HeaderMap, HeaderName, Method, Request, StatusCode, header};
use std::{collections::BTreeMap, time::Duration};
use url::{Url, form_urlencoded};

/// Time-out for a response; long enough for a slow machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The redirect limit of Chromium and Firefox.
const MAX_REDIRECTS: usize = 20;

/// A browser with its cookie jar. A clone is a separate browser with the same cookies.
#[derive(Clone)]
pub struct Browser {
    http: HttpClient,
    /// host → name → value. All ports of a host share a jar.
    jar: BTreeMap<String, BTreeMap<String, String>>,
}

/// A response.
#[derive(Debug)]
pub struct Page {
    /// The URL that was requested.
    pub url: Url,
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
}

impl Page {
    /// Returns the absolute address that the browser goes on to: that of a `Location` header, or that of a page that
    /// goes on. `None` if the browser stays.
    #[must_use]
    pub fn location(&self) -> Option<Url> {
        let header = self.headers.get(header::LOCATION).map(|text| text.to_str().unwrap().to_owned());
        let text = header.or_else(|| self.refresh())?;
        Some(self.url.join(&text).unwrap())
    }

    /// The address of `<meta http-equiv="refresh">`.
    fn refresh(&self) -> Option<String> {
        let (_, rest) = self.body.split_once(r#"http-equiv="refresh" content="0;url="#)?;
        Some(rest.split('"').next()?.replace("&amp;", "&"))
    }

    /// Returns the path and query of the redirect target; empty without a redirect.
    #[must_use]
    pub fn path(&self) -> String {
        self.location().map(|url| url[url::Position::BeforePath..].to_owned()).unwrap_or_default()
    }

    /// Returns the values of the `Set-Cookie` headers.
    #[must_use]
    pub fn set_cookies(&self) -> Vec<String> {
        let cookies = self.headers.get_all(header::SET_COOKIE).iter();
        cookies.map(|cookie| cookie.to_str().unwrap().to_owned()).collect()
    }

    /// Returns the value of the form field `name`.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        let (_, rest) = self.body.split_once(&format!("name=\"{name}\" value=\""))?;
        Some(rest.split('"').next()?.replace("&amp;", "&"))
    }

    /// Parses the body as JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Browser {
    /// Creates a browser without cookies.
    #[must_use]
    pub fn new() -> Self {
        Self { http: HttpClient::with_timeout(TIMEOUT).unwrap(), jar: BTreeMap::new() }
    }

    /// Returns the value of the cookie `name` at `url`'s host.
    #[must_use]
    pub fn cookie(&self, url: &Url, name: &str) -> Option<String> {
        self.jar.get(url.host_str()?)?.get(name).cloned()
    }

    /// Returns the cookies of `url`'s host whose name contains `part`, as name and value.
    #[must_use]
    pub fn cookies(&self, url: &Url, part: &str) -> Vec<(String, String)> {
        let jar = url.host_str().and_then(|host| self.jar.get(host));
        let found = jar.into_iter().flatten().filter(|(name, _)| name.contains(part));
        found.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Stores a cookie for `url`'s host.
    pub fn plant(&mut self, url: &Url, name: &str, value: &str) {
        let host = url.host_str().unwrap().to_owned();
        self.jar.entry(host).or_default().insert(name.to_owned(), value.to_owned());
    }

    /// Sends a request with this browser's cookies, and stores the cookies of the response.
    pub async fn send(&mut self, method: Method, url: &Url, headers: &[(&str, &str)], body: &str) -> Page {
        self.try_send(method, url, headers, body).await.unwrap()
    }

    /// Like [`Browser::send`], for a server that may be down.
    ///
    /// # Errors
    /// When no complete response arrives.
    pub async fn try_send(
        &mut self,
        method: Method,
        url: &Url,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Page, HttpError> {
        let host = url.host_str().unwrap().to_owned();
        let mut request = Request::builder().method(method).uri(url.as_str());
        if let Some(cookies) = self.jar.get(&host).filter(|cookies| !cookies.is_empty()) {
            let line: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, line.join("; "));
        }
        for (name, value) in headers {
            request = request.header(name.parse::<HeaderName>().unwrap(), *value);
        }
        let answer = self.http.send(request.body(body.as_bytes().to_vec()).unwrap()).await?;
        let page = Page {
            url: url.clone(),
            status: answer.status(),
            headers: answer.headers().clone(),
            body: String::from_utf8_lossy(answer.body()).into_owned(),
        };
        for cookie in page.set_cookies() {
            self.keep(&host, &cookie);
        }
        Ok(page)
    }

    fn keep(&mut self, host: &str, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').unwrap();
        let jar = self.jar.entry(host.to_owned()).or_default();
        if attributes.split(';').any(|attribute| attribute.trim() == "Max-Age=0") {
            jar.remove(name);
        } else {
            jar.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Requests a page without fetch metadata (`Sec-Fetch-*`).
    pub async fn get(&mut self, url: &Url) -> Page {
        self.try_get(url).await.unwrap()
    }

    /// Like [`Browser::get`], for a server that may be down.
    ///
    /// # Errors
    /// When no complete response arrives.
    pub async fn try_get(&mut self, url: &Url) -> Result<Page, HttpError> {
        self.try_send(Method::GET, url, &[("accept", "text/html")], "").await
    }

    /// Requests a page with the fetch metadata of a tab navigation. Browsers send these headers only to
    /// trustworthy origins.
    pub async fn navigate(&mut self, url: &Url) -> Page {
        let headers =
            [("accept", "text/html"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        self.send(Method::GET, url, &headers, "").await
    }

    /// Navigates to `url` and follows all redirects; returns every response, the final page last.
    ///
    /// # Panics
    /// When there are more redirects than a browser follows.
    pub async fn open(&mut self, url: &Url) -> Vec<Page> {
        let mut pages = vec![self.navigate(url).await];
        while let Some(next) = pages.last().and_then(Page::location) {
            assert!(pages.len() <= MAX_REDIRECTS, "too many redirects: {next}");
            pages.push(self.navigate(&next).await);
        }
        pages
    }

    /// Posts a form from a page of the same origin. Where the answer is a page that goes on at this origin, the browser
    /// goes on once, as a real browser does.
    pub async fn post(&mut self, url: &Url, fields: &[(&str, &str)]) -> Page {
        self.try_post(url, fields).await.unwrap()
    }

    /// Like [`Browser::post`], for a server that may be down.
    ///
    /// # Errors
    /// When no complete response arrives.
    pub async fn try_post(&mut self, url: &Url, fields: &[(&str, &str)]) -> Result<Page, HttpError> {
        let answer = self.try_submit(url, fields).await?;
        match answer.refresh().map(|next| answer.url.join(&next).unwrap()) {
            Some(next) if next.origin() == answer.url.origin() => self.try_get(&next).await,
            _ => Ok(answer),
        }
    }

    /// Posts a form from a page of the same origin; returns the answer itself.
    pub async fn submit(&mut self, url: &Url, fields: &[(&str, &str)]) -> Page {
        self.try_submit(url, fields).await.unwrap()
    }

    async fn try_submit(&mut self, url: &Url, fields: &[(&str, &str)]) -> Result<Page, HttpError> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = [
            ("accept", "text/html"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", &url.origin().ascii_serialization()),
        ];
        self.try_send(Method::POST, url, &headers, &body).await
    }

    /// Follows the redirects of `page`; returns the first response that is not a redirect.
    pub async fn follow(&mut self, page: Page) -> Page {
        self.try_follow(page).await.unwrap()
    }

    /// Like [`Browser::follow`], for a server that may be down.
    ///
    /// # Errors
    /// When no complete response arrives.
    pub async fn try_follow(&mut self, mut page: Page) -> Result<Page, HttpError> {
        while let Some(url) = page.location() {
            page = self.try_get(&url).await?;
        }
        Ok(page)
    }
}
