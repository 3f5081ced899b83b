"""What the hub's configuration adds to JupyterHub's own classes."""

import os
import resource

from jupyterhub.handlers.login import LoginHandler
from jupyterhub.spawner import LocalProcessSpawner
from nativeauthenticator import NativeAuthenticator
from traitlets import Unicode


class ClassSpawner(LocalProcessSpawner):
    """Servers as processes of separate system users, each process held to `mem_limit`."""

    def make_preexec_fn(self, name):
        """Return what a participant's process does before it becomes the server."""
        become, limit = super().make_preexec_fn(name), self.mem_limit

        def before_the_server():
            if limit:
                resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
            os.umask(0o077)
            become()

        return before_the_server


class SignUpAuthenticator(NativeAuthenticator):
    """Everybody's own password; the admins' accounts are there before anybody can take them."""

    admin_password = Unicode(help="the password of every name in admin_users").tag(config=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.admin_users:
            if not self.user_exists(name):
                made = self.create_user(name, self.admin_password)
            else:
                made = self.change_password(name, self.admin_password)
            if not made:
                raise ValueError(f"the account of admin {name!r} could not be made")

    def get_handlers(self, app):
        """Return the pages for signing up, with JupyterHub's own for logging in.

        nativeauthenticator 1.3 brings a login page that JupyterHub 6 can't serve.
        """
        pages = super().get_handlers(app)
        return [(at, LoginHandler if at == "/login" else page, *more) for at, page, *more in pages]
