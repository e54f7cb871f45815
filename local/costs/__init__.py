"""What a year of schools costs on AWS, from counted calls, bytes and processor time: measured here, priced by a dated list."""
