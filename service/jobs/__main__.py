"""The scheduler process: ``python -m service.jobs``, beside the web workers."""

import os

from service.app import create_app, settle_down
from service.config import Config
from service.jobs.schedule import run
from service.logs import write_to

if __name__ == "__main__":
    app = create_app(Config.from_env(os.environ))
    write_to(level=app.config["LOG_LEVEL"])
    settle_down()
    run(app, app.extensions["clock"])
