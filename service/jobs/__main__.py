"""The scheduler process: ``python -m service.jobs``, beside the web workers."""

import logging
import os

from service.app import create_app, settle_down
from service.config import Config
from service.jobs.schedule import run

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # It tells of every round, whether anything happened or not.
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    app = create_app(Config.from_env(os.environ))
    settle_down()
    run(app, app.extensions["clock"])
