"""cnnlab: what convolutional networks are made of, from scratch in NumPy."""
