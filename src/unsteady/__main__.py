"""Run ``python -m unsteady``."""

from unsteady.cli import main

raise SystemExit(main())
