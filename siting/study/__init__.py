"""What is asked of more than one solve."""
