"""`python -m counterfoil_client send URL FILE`."""

import sys

from api.client.package.sending import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
