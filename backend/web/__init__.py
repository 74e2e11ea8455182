"""What the page-serving doors share: security headers, templates, static files, portal logins; the only backend code
that knows HTTP."""
