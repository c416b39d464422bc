"""What publishing looks at."""
