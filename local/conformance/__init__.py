"""What every deployment must say of a file: cases for each rule, and the command that tries them over HTTP."""
