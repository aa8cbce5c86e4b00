"""Her record as a FHIR R4 Bundle, with our own codes where we have no other."""
