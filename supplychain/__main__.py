"""`python -m supplychain`.

Python then looks for modules in the current folder first, and has done so up to here; `python -P -m supplychain` and
the command `supplychain` never do.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    home = Path(__file__).parents[1]
    if not sys.flags.safe_path and home != Path.cwd() == Path(sys.path[0]):
        del sys.path[0]
    from supplychain.cli import main

    main()
