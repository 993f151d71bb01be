"""Follow labels along text walks, and bound residuals by the moments of their spectral measure (theory, section 10)."""
