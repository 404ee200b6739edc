"""Canaille with its backend in memory, two users and one client.

PROVIDER_SETTINGS is the JSON of `ProviderSettings` in e2e/providers/start.ts.
"""

import datetime
import json
import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

settings = json.loads(os.environ["PROVIDER_SETTINGS"])
os.environ["CANAILLE_CONFIG"] = str(Path(__file__).with_name("canaille.toml"))
# Authlib refuses an issuer with http, except where this says that it is a test.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from canaille import create_app  # noqa: E402  The configuration has to be named first.
from canaille.app import models  # noqa: E402
from canaille.backends import Backend  # noqa: E402
from werkzeug.serving import run_simple  # noqa: E402

app = create_app(
    config={
        "SECRET_KEY": secrets.token_hex(),
        "SERVER_NAME": urlsplit(settings["issuer"]).netloc,
        "PREFERRED_URL_SCHEME": "http",
        # Without this, the first access token lives for ten days.
        "OAUTH2_TOKEN_EXPIRES_IN": {
            "authorization_code": settings["accessTokenSeconds"],
            "refresh_token": settings["accessTokenSeconds"],
        },
    }
)

with app.app_context(), Backend.instance.session():
    for user in settings["users"]:
        given_name, family_name = user["name"].split(" ")
        Backend.instance.save(
            models.User(
                user_name=user["login"],
                password=user["password"],
                formatted_name=user["name"],
                given_name=given_name,
                family_name=family_name,
                emails=[user["email"]],
            )
        )
    client = models.Client(
        client_id=settings["clientId"],
        client_secret=settings["clientSecret"],
        client_id_issued_at=datetime.datetime.now(datetime.timezone.utc),
        client_name="Journeys",
        client_uri="http://localhost",
        redirect_uris=settings["redirectUris"],
        post_logout_redirect_uris=settings["postLogoutRedirectUris"],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        scope=["openid", "profile", "email"],
        token_endpoint_auth_method="client_secret_basic",
    )
    Backend.instance.save(client)
    client.audience = [client]
    Backend.instance.save(client)

run_simple("127.0.0.1", settings["port"], app, threaded=True)
