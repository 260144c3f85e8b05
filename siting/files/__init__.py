"""Files: bundled ones, capped reading, writing that is never half done, and tables."""
