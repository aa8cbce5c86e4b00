"""Playing a patient's story through the service, and seeing whether it turns out as told."""
