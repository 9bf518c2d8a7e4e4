"""What each study says, under its name: captions, tables in words, and sentences of numbers."""
