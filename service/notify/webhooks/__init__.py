"""Webhooks: telling a site's own systems that something happened (standardwebhooks.com)."""
