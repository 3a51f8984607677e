"""`python -m ix_tools.faces.reference`."""

import sys

from ix_tools.faces.reference import main

sys.exit(main(sys.argv[1:]))
