"""One file a study of the lectures."""
