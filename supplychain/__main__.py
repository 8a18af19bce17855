"""`python -m supplychain`."""

from supplychain.cli import main

if __name__ == "__main__":
    main()
