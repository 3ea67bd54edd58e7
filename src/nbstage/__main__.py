"""`python -m nbstage`."""

import sys

from nbstage.cli import main

if __name__ == "__main__":
    sys.exit(main())
