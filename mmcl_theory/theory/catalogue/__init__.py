"""Hold the statements, one file for each subject; a file's theorem objects need to be named nowhere else."""
