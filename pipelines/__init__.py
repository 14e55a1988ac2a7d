"""The jobs that people start; each command's folder bears the command's name."""
