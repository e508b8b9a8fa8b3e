"""Accounts: activation, passwords, sessions, sign-in and its throttle."""
