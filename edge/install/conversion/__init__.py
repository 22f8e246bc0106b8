"""From float weights to the TensorFlow Lite files a device runs; needs TensorFlow, and only while converting."""
