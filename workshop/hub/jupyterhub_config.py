"""JupyterHub for one class on one machine: sudo -E jupyterhub -f workshop/hub/jupyterhub_config.py.

settings.py says what is set from the environment, README.md how to go about it.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from accounts import prepare  # noqa: E402 (found by the line above)
from settings import NAME, read  # noqa: E402

c = get_config()  # noqa: F821 (JupyterHub gives it)
chosen = read(os.environ)
scripts = Path(sys.executable).parent
chosen.state.mkdir(parents=True, exist_ok=True)
chosen.state.chmod(0o700)

# Where it listens, and what it keeps.
c.JupyterHub.bind_url = chosen.url
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.ssl_cert, c.JupyterHub.ssl_key = chosen.cert, chosen.key
c.JupyterHub.db_url = f"sqlite:///{chosen.state / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(chosen.state / "cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(chosen.state / "proxy.pid")
# The hub may be started anew while people work: their servers go on and are found again.
c.JupyterHub.cleanup_servers = False

# Who comes in.
c.Authenticator.admin_users = chosen.admins
c.Authenticator.username_pattern = NAME.pattern
if chosen.signup == "shared":
    c.JupyterHub.authenticator_class = "shared-password"
    c.SharedPasswordAuthenticator.user_password = chosen.password
    c.SharedPasswordAuthenticator.admin_password = chosen.admin_password
    c.Authenticator.allowed_users = chosen.participants
    c.Authenticator.allow_all = False
else:
    c.JupyterHub.authenticator_class = "classroom.SignUpAuthenticator"
    c.SignUpAuthenticator.admin_password = chosen.admin_password
    c.SignUpAuthenticator.open_signup = False  # an admin lets each one in, at /hub/authorize
    c.SignUpAuthenticator.minimum_password_length = 10
    c.SignUpAuthenticator.check_common_password = True
    c.SignUpAuthenticator.allowed_failed_logins = 5
    c.SignUpAuthenticator.seconds_before_next_try = 300
    c.Authenticator.allow_all = True  # all whom an admin has let in
    c.JupyterHub.template_vars = {
        "announcement_login": 'New here? <a href="signup">Choose a name and a password</a> first.'
    }

# A server for each, as a system user of their own.
c.JupyterHub.spawner_class = "classroom.ClassSpawner"
c.Spawner.pre_spawn_hook = prepare
c.Spawner.cmd = [str(scripts / "jupyterhub-singleuser")]
c.Spawner.notebook_dir = "~"
c.Spawner.default_url = "/lab/tree/work/00_start_here.ipynb"
c.Spawner.args = [
    "--LabApp.news_url=",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    f"--LabApp.app_settings_dir={HERE.parents[1] / 'course_parts' / 'lab_settings'}",
]

# A class begins all at once.
c.JupyterHub.concurrent_spawn_limit = chosen.seats
c.JupyterHub.active_server_limit = chosen.seats
c.JupyterHub.allow_named_servers = False
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 300
c.Spawner.mem_limit = chosen.memory
# Thirty kernels that each take all cores wait for each other: one thread each is faster for all.
c.Spawner.environment = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)
