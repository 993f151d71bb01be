"""Find bounds: bracket how much of a bound can be used up by any joint of a size."""
