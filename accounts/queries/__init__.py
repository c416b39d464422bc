"""What other apps and doors ask of accounts; plain values out."""
