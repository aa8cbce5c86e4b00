"""The reference phone: a small web app that does Ana's day.  See README.md beside this file."""
