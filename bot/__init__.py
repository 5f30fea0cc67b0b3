"""The shell: everything that touches the world. It decides nothing about the conversation."""
