"""Makes the virtual environment `.venv`.

Standard library only: it runs before anything is installed.
"""
