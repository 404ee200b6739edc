"""Creates the database with two users and one client, and serves it."""

import os
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from socketserver import ThreadingMixIn

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"

import django  # noqa: E402  The settings have to be named first.

django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from allauth.idp.oidc.models import Client  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

provider = settings.PROVIDER
call_command("migrate", verbosity=0)

for entry in provider["users"]:
    first_name, last_name = entry["name"].split(" ")
    user = get_user_model().objects.create_user(
        entry["login"], entry["email"], entry["password"], first_name=first_name, last_name=last_name
    )
    EmailAddress.objects.create(user=user, email=entry["email"], verified=True, primary=True)

client = Client(id=provider["clientId"], name="Journeys")
client.set_secret(provider["clientSecret"])
client.set_scopes(["openid", "profile", "email"])
client.set_grant_types(["authorization_code", "refresh_token"])
client.set_redirect_uris(provider["redirectUris"])
client.set_post_logout_redirect_uris(provider["postLogoutRedirectUris"])
client.save()


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Handler(WSGIRequestHandler):
    # A look-up of the visitor's name would take seconds on some machines.
    def address_string(self):
        return self.client_address[0]


make_server("127.0.0.1", provider["port"], get_wsgi_application(), Server, Handler).serve_forever()
