"""Find bounds: the best coefficients of a form, conjectured, and brackets of the best constant, proved."""
