"""What commands print, and pages of Markdown."""
