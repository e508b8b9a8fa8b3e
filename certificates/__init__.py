"""Certificates: issued once, printed as PDF, verified by anyone, revoked with a reason, never deleted."""
