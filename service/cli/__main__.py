"""``python -m service.cli`` is ``waymark``, whatever folder it was installed into."""

from service.cli import main

main(prog_name="waymark")
