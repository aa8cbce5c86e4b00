"""The scheduler process: ``python -m service.jobs``, beside the web workers."""

import logging
import os

from service.app import create_app
from service.config import Config
from service.jobs.schedule import run

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    app = create_app(Config.from_env(os.environ))
    run(app, app.extensions["clock"])
