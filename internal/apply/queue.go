package apply

import "math/bits"

// queue is a set of steps that is gone through in the order of the plan. There is
// a bit for each step: one of a hundred thousand comes and goes without any other
// being moved.
type queue struct {
	words []uint64
	count int
	first int // no word before it has a bit
}

// newQueue is an empty queue for steps below n.
func newQueue(n int) *queue {
	return &queue{words: make([]uint64, (n+63)/64)}
}

func (q *queue) len() int { return q.count }

func (q *queue) add(i int) {
	w, bit := i/64, uint64(1)<<(i%64)
	if q.words[w]&bit == 0 {
		q.words[w] |= bit
		q.count++
		q.first = min(q.first, w)
	}
}

func (q *queue) remove(i int) {
	w, bit := i/64, uint64(1)<<(i%64)
	if q.words[w]&bit != 0 {
		q.words[w] &^= bit
		q.count--
	}
	for q.first < len(q.words) && q.words[q.first] == 0 {
		q.first++
	}
}

// from is the first step of the queue that is not before i; -1 when there is none.
func (q *queue) from(i int) int {
	w := i / 64
	if w < q.first {
		w, i = q.first, q.first*64
	}
	for mask := ^uint64(0) << (i % 64); w < len(q.words); w, mask = w+1, ^uint64(0) {
		if rest := q.words[w] & mask; rest != 0 {
			return w*64 + bits.TrailingZeros64(rest)
		}
	}
	return -1
}
