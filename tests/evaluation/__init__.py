"""What is measured on sentences of our own, so that it can only get better."""
