"""What must always hold of limits on spending."""

from core.invariants import InvariantResult, invariant, rows_breaking


@invariant("SL1", "What stands stopped is stopped by a limit that holds.")
def stops_end_with_their_limit() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM spending_spendingmark WHERE is_stop",
        violating="""
        SELECT stop.public_id FROM spending_spendingmark AS stop
        LEFT JOIN spending_spendingresume AS resumed ON resumed.stop_id = stop.id
        JOIN spending_spendinglimit AS held ON held.id = stop.limit_id
        WHERE stop.is_stop AND resumed.id IS NULL AND held.valid_until IS NOT NULL
        """,
    )


@invariant("SL2", "Only a limit that stops has stopped, and only a stop was resumed.")
def stops_are_of_limits_that_stop() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM spending_spendingmark",
        violating="""
        SELECT mark.public_id FROM spending_spendingmark AS mark
        JOIN spending_spendinglimit AS held ON held.id = mark.limit_id
        LEFT JOIN spending_spendingresume AS resumed ON resumed.stop_id = mark.id
        WHERE mark.is_stop AND NOT held.stops OR resumed.id IS NOT NULL AND NOT mark.is_stop
        """,
    )
