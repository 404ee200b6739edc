//! Which issuers a provider's tokens may name.

use openidconnect::IssuerUrl;
use url::Url;

/// Where Microsoft's metadata for several tenants have the tenant's id.
const TENANT: &str = "{tenantid}";
/// The addresses of Entra ID that serve several tenants, by the first segment of their path.
const SHARED_BY_TENANTS: [&str; 2] = ["common", "organizations"];

/// The issuers of one provider: exactly one, or one for each listed tenant.
///
/// Several tenants are listed by id. A token must name one of them in the signed `tid`, and `iss` must be the
/// issuer of that tenant. Otherwise any tenant's admin could sign users in ("Secure applications and APIs by
/// validating claims", Microsoft identity platform).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuers {
    /// The configured issuer: the address of the metadata.
    configured: IssuerUrl,
    /// The ids of the tenants; empty if the configured issuer is the only one.
    tenants: Vec<String>,
}

impl Issuers {
    /// One issuer, exactly as its metadata and tokens spell it.
    #[must_use]
    pub fn one(issuer: IssuerUrl) -> Self {
        Self { configured: issuer, tenants: Vec::new() }
    }

    /// The issuers of several tenants at an address that they share, as in
    /// `https://login.microsoftonline.com/organizations/v2.0`.
    ///
    /// # Errors
    /// A sentence if the address is not shared by tenants, if there are no tenants, or if a tenant is not
    /// an id.
    pub fn of_tenants(issuer: IssuerUrl, tenants: &[String]) -> Result<Self, String> {
        if !is_shared_by_tenants(issuer.url()) {
            return Err("lists tenants, but the issuer belongs to one tenant".to_owned());
        }
        if let Some(wrong) = tenants.iter().find(|tenant| !is_tenant_id(tenant)) {
            return Err(format!(
                "\"{wrong}\" must be a tenant id, as in 01234567-89ab-cdef-0123-456789abcdef"
            ));
        }
        match tenants.is_empty() {
            true => Err("lists no tenant".to_owned()),
            false => Ok(Self {
                configured: issuer,
                tenants: tenants.iter().map(|tenant| tenant.to_ascii_lowercase()).collect(),
            }),
        }
    }

    /// The configured issuer: the address of the metadata.
    #[must_use]
    pub fn configured(&self) -> &IssuerUrl {
        &self.configured
    }

    /// The only issuer; `None` with several tenants.
    #[must_use]
    pub fn only(&self) -> Option<&str> {
        self.tenants.is_empty().then_some(self.configured.as_str())
    }

    /// Whether `issuer` is one of these issuers.
    #[must_use]
    pub fn contains(&self, issuer: &str) -> bool {
        match self.only() {
            Some(only) => only == issuer,
            None => self.tenants.iter().any(|tenant| self.in_place_of_tenant(tenant) == issuer),
        }
    }

    /// Whether a token with these claims is from one of these issuers. `tid` is the tenant that the token names.
    #[must_use]
    pub fn signs(&self, issuer: &str, tid: Option<&str>) -> bool {
        match self.only() {
            Some(only) => only == issuer,
            None => tid.is_some_and(|tid| {
                self.tenants.iter().any(|tenant| tenant == tid) && self.in_place_of_tenant(tid) == issuer
            }),
        }
    }

    /// What the metadata must call their issuer (OpenID Connect Discovery §4.3). With several tenants,
    /// Microsoft's metadata have `{tenantid}` in place of the tenant.
    pub(super) fn in_metadata(&self) -> String {
        self.only().map_or_else(|| self.in_place_of_tenant(TENANT), ToOwned::to_owned)
    }

    /// The configured issuer with another first segment in its path.
    fn in_place_of_tenant(&self, tenant: &str) -> String {
        // The issuer's text, because a parsed URL would encode the braces.
        let origin = self.configured.url().origin().ascii_serialization();
        let path = self.configured.url().path();
        let after = path[1..].split_once('/').map_or("", |(_, rest)| &path[path.len() - rest.len() - 1..]);
        format!("{origin}/{tenant}{after}")
    }
}

/// Whether a text is the id of a tenant, and not a name.
fn is_tenant_id(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// Whether an issuer's address begins with the id of a tenant.
pub(super) fn names_tenant_by_id(issuer: &Url) -> bool {
    issuer.path_segments().and_then(|mut segments| segments.next()).is_some_and(is_tenant_id)
}

/// Whether an issuer's address is one that Entra's tenants share. Its tokens name other issuers.
pub(super) fn is_shared_by_tenants(issuer: &Url) -> bool {
    let first = issuer.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default();
    SHARED_BY_TENANTS.contains(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "11111111-1111-1111-1111-111111111111";
    const THEIRS: &str = "22222222-2222-2222-2222-222222222222";
    const SHARED: &str = "https://login.microsoftonline.com/organizations/v2.0";

    fn url(text: &str) -> IssuerUrl {
        IssuerUrl::new(text.to_owned()).unwrap()
    }

    fn at(tenant: &str) -> String {
        format!("https://login.microsoftonline.com/{tenant}/v2.0")
    }

    #[test]
    fn one_issuer_is_compared_exactly() {
        let issuers = Issuers::one(url("https://op.example/"));
        assert!(issuers.contains("https://op.example/") && issuers.signs("https://op.example/", None));
        for other in ["https://op.example", "https://op.example/x", ""] {
            assert!(!issuers.contains(other) && !issuers.signs(other, Some(OURS)), "{other}");
        }
        assert_eq!(issuers.in_metadata(), "https://op.example/");
    }

    #[test]
    fn only_a_listed_tenant_signs_and_only_with_its_own_issuer() {
        let issuers = Issuers::of_tenants(url(SHARED), &[OURS.to_owned()]).unwrap();
        assert!(issuers.signs(&at(OURS), Some(OURS)) && issuers.contains(&at(OURS)));
        for (issuer, tid) in [
            (at(THEIRS), Some(THEIRS)),
            (at(OURS), Some(THEIRS)),
            (at(THEIRS), Some(OURS)),
            (at(OURS), None),
            (SHARED.to_owned(), Some(OURS)),
            (at("{tenantid}"), Some("{tenantid}")),
            (at(&OURS.replace('1', "1/")), Some(OURS)),
        ] {
            assert!(!issuers.signs(&issuer, tid), "{issuer} {tid:?}");
        }
        assert!(!issuers.contains(&at(THEIRS)) && !issuers.contains(SHARED));
        assert_eq!((issuers.only(), issuers.in_metadata()), (None, at("{tenantid}")));
    }

    #[test]
    fn tenants_are_listed_by_id_and_only_for_a_shared_address() {
        let of = |issuer: &str, tenants: &[&str]| {
            let tenants: Vec<_> = tenants.iter().map(|tenant| (*tenant).to_owned()).collect();
            Issuers::of_tenants(url(issuer), &tenants)
        };
        assert!(of(SHARED, &[]).is_err());
        for tenant in ["contoso.onmicrosoft.com", "*", "", "common", &OURS[1..]] {
            assert!(of(SHARED, &[tenant]).is_err(), "{tenant}");
        }
        assert!(of(&at(OURS), &[OURS]).is_err());
        assert!(of("https://op.example/common", &[OURS]).is_ok());
    }
}
