"""3DWINN: one network that classifies shapes and makes them."""
