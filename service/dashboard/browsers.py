"""What a browser is called in a list of devices, by what it says of itself."""

# Edge and Opera also call themselves Chrome, and all of them Safari: the first that fits counts.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
    ("Macintosh", "Mac"), ("CrOS", "Chromebook"), ("Linux", "Linux"),
)  # fmt: skip


def browser_named(user_agent: str) -> str | None:
    """Return what a browser calls itself, as ``Firefox on Windows``; ``None`` for one unknown.

    Only words of ours come out, never what was sent.
    """
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    return f"{browser} on {system}" if browser and system else None
