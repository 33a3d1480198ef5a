"""`python -m toylab` is the command line."""

from toylab.cli import main

raise SystemExit(main())
