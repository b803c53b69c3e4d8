"""What all networks that are trained here share."""
