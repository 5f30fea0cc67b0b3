"""One file a page (or a few that belong together): its routes, what it shows, what its forms do."""
