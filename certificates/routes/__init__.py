"""Pages of certificates, by audience: the officer, the public, the staff."""
