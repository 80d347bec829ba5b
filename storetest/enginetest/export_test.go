package enginetest

// RunSome is Run with every so-many-th of the faults at calls only.
var RunSome = run
