package stress

import (
	"math/rand/v2"
	"runtime"
	"sync"
)

// pace lets clients work at the same time: in step, so that all make a call at
// the same moment, or each as it likes.
type pace struct {
	inStep bool

	mu      sync.Mutex
	turn    sync.Cond
	clients int // that have not left
	waiting int
	round   int
}

func newPace(clients int, inStep bool) *pace {
	p := &pace{clients: clients, inStep: inStep}
	p.turn.L = &p.mu
	return p
}

// wait returns when the client may make its next call.
func (p *pace) wait(random *rand.Rand) {
	if !p.inStep {
		for range random.IntN(4) {
			runtime.Gosched()
		}
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	round := p.round
	p.waiting++
	p.goOn()
	for p.round == round {
		p.turn.Wait()
	}
}

// leave says that a client makes no more calls.
func (p *pace) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clients--
	p.goOn()
}

func (p *pace) goOn() {
	if p.waiting == p.clients {
		p.waiting = 0
		p.round++
		p.turn.Broadcast()
	}
}
