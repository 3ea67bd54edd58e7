"""What was found, as text for people, JSON for machines and Mermaid for pages. Pure."""
