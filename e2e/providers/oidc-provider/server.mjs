// oidc-provider with its own pages for development: any password is right, the login is the `sub`.
// PROVIDER_SETTINGS is the JSON of `ProviderSettings` in e2e/providers/start.ts.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const settings = JSON.parse(process.env.PROVIDER_SETTINGS);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** What `sid` and back-channel logout need in the registration of a client. */
const backchannel = {
  none: {},
  sub: { backchannel_logout_uri: settings.backchannelLogoutUri },
  sid: { backchannel_logout_uri: settings.backchannelLogoutUri, backchannel_logout_session_required: true },
}[settings.backchannel];

const provider = new Provider(settings.issuer, {
  clients: [
    {
      client_id: settings.clientId,
      client_secret: settings.clientSecret,
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: settings.redirectUris,
      ...(settings.logoutEndpoint ? { post_logout_redirect_uris: settings.postLogoutRedirectUris } : {}),
      ...backchannel,
    },
  ],
  claims: { email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'first' }] },
  features: {
    backchannelLogout: { enabled: settings.backchannel !== 'none' },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: settings.logoutEndpoint },
  },
  ttl: { AccessToken: settings.accessTokenSeconds },
  // The preset `oidc` does not ask for `offline_access`.
  issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  findAccount: (_ctx, sub) => {
    const user = settings.users.find(({ login }) => login === sub);
    if (user === undefined) return undefined;
    const { email, name } = user;
    const claims = { sub, email, email_verified: true, name, preferred_username: sub };
    return { accountId: sub, claims: () => claims };
  },
  // The provider's own `fetch` refuses addresses on this machine. The back-channel URL is one.
  fetch: (url, { dispatcher: _refusesLoopback, ...options }) => fetch(url, options),
});

provider.on('backchannel.success', (_ctx, _client, sub, sid) => console.log(`back-channel sub=${sub} sid=${sid}`));
provider.on('backchannel.error', (_ctx, error) => console.log(`back-channel failed: ${error.message}`));
for (const event of ['authorization.error', 'grant.error', 'end_session.error', 'revocation.error', 'server_error']) {
  provider.on(event, (_ctx, error) => console.log(`${event}: ${error.message} ${error.error_description ?? ''}`));
}

createServer(provider.callback()).listen(settings.port, '127.0.0.1', () => console.log('listening'));
