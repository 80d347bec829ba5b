// Package day simulates a day in a contact centre, on the Engine itself and in virtual time:
// customers write, ring and come back, workers accept, reject and let time go by, have breaks,
// hand conversations over and go home, workflows change at noon, and the process dies at any
// moment. All of it comes from a seed, and so does what is printed in the end.
//
// [Run] drives an Engine in virtual seconds. What is to happen stands in an agenda; what the
// Engine does about it is read from its log of events, and nothing else: what workers do next
// follows from what the log says that they were offered. A picture of the whole centre (who
// waits where, who has what) is kept from the log alone, and each event is held against the
// rules as it comes in:
//
//   - no worker is offered more than they have room for;
//   - no task is with two workers, and none is offered to two unless its queue does so;
//   - of the tasks that demand the same, the one that comes first is offered: by priority and
//     age, with ageing, or the latest first, as its queue says, but for cool-downs;
//   - of the workers who could take it, it is offered to who is asked first: the known one, by
//     order_by, or who is idle for longest;
//   - a channel that is live has somebody who has it, or is being found, or says why not.
//
// From time to time, and in the end, it is held that nobody waits whom somebody could take.
// In the end every task has ended, and said why; what the store keeps (states, counts, who
// stands ready, threads) is the same as the picture; and so is the picture of a second reading
// of the log, from its beginning.
//
// The rules of order are written here once more, and simply: nothing of package routing
// decides what is right.
package day
