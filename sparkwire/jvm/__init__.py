"""Java: finding one, and recording which of its methods run."""
