"""What a device is put together from: a file for each group of workers, which are made here and not started."""
