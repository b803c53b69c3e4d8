"""What sealq keeps: objects, SQL, and the messages that say where to look."""
