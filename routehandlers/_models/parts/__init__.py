"""What all adapters are made of: annotations taken apart, filters, values for keys, text, names of components."""
