"""The texts of e-mail steps: how they are written, checked and made into letters."""
