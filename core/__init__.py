"""The shared vocabulary: money, periods, ids, errors, readers, actor and history."""
