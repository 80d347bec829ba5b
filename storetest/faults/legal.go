package faults

// Legal returns the faults that a store which keeps the contract may show: those
// that code on any store must stand.
func Legal() []Fault {
	return []Fault{
		Unavailable(),
		LostBefore(), LostAfter(), LostLate(),
		CancelBefore(), CancelAfter(), CancelUndecided(),
		CancelLostBefore(), CancelLostAfter(), CancelLostLate(),
		OvertakenBefore(), OvertakenAfter(), LostAndOvertaken(), GoneAndOvertaken(),
	}
}
