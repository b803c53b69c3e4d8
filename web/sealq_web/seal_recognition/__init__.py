"""`POST /seal-recognition` as PaddleX's own server answers it, in front of the queue."""
