"""Read shapes of receivables for screens, the API and the operations; nothing here writes."""
