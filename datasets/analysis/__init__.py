"""What an image set is like: pure functions over pixels and arrays; no Django, no TensorFlow."""
