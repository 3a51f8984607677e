"""Stories about the gate: what stands around them, and the bystander who tells them."""
