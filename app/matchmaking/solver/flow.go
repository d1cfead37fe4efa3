package solver

import "math"

// flow answers the greatest worth of meetings such that no party has more than
// its capacity, and which meetings those are. Where the parties are not two
// sides, it is that of the doubled graph, halved: a bound that is never too low;
// then the meetings are those held in either half.
func (m *model) flow(caps []int, worth []int64) (value int64, held []bool) {
	held = make([]bool, len(m.meetings))
	if side := m.sides(worth); side != nil {
		n := newNetwork(2*m.parties + 2)
		source, sink := 2*m.parties, 2*m.parties+1
		for w, c := range caps {
			if side[w] == 0 {
				n.edge(source, w, c, 0)
			} else {
				n.edge(w, sink, c, 0)
			}
		}
		edges := make([]int, len(m.meetings))
		for i, v := range m.meetings {
			edges[i] = none
			if worth[i] > 0 {
				a, b := v.parties[0], v.parties[1]
				if side[a] == 1 {
					a, b = b, a
				}
				edges[i] = n.edge(a, b, 1, worth[i])
			}
		}
		value = n.run(source, sink)
		for i, e := range edges {
			held[i] = e != none && n.cap[e] == 0
		}
		return value, held
	}
	n := newNetwork(2*m.parties + 2)
	source, sink := 2*m.parties, 2*m.parties+1
	for w, c := range caps {
		n.edge(source, w, c, 0)
		n.edge(m.parties+w, sink, c, 0)
	}
	edges := make([][2]int, len(m.meetings))
	for i, v := range m.meetings {
		edges[i] = [2]int{none, none}
		if worth[i] > 0 {
			edges[i] = [2]int{n.edge(v.parties[0], m.parties+v.parties[1], 1, worth[i]), n.edge(v.parties[1], m.parties+v.parties[0], 1, worth[i])}
		}
	}
	value = n.run(source, sink) / 2
	for i, e := range edges {
		held[i] = e[0] != none && (n.cap[e[0]] == 0 || n.cap[e[1]] == 0)
	}
	return value, held
}

// sides parts the parties in two so that every meeting joins both, or answers nil.
func (m *model) sides(worth []int64) []int {
	side := make([]int, m.parties)
	for w := range side {
		side[w] = none
	}
	for start := range side {
		if side[start] != none {
			continue
		}
		side[start] = 0
		for queue := []int{start}; len(queue) > 0; queue = queue[1:] {
			w := queue[0]
			for _, i := range m.workers[w].meetings {
				if worth[i] == 0 {
					continue
				}
				other := m.meetings[i].parties[0] + m.meetings[i].parties[1] - w
				switch side[other] {
				case none:
					side[other] = 1 - side[w]
					queue = append(queue, other)
				case side[w]:
					return nil
				}
			}
		}
	}
	return side
}

// network is a flow network whose edges stand in pairs: each with its reverse.
type network struct {
	out  [][]int
	to   []int
	cap  []int
	gain []int64
}

func newNetwork(nodes int) *network { return &network{out: make([][]int, nodes)} }

func (n *network) edge(from, to, capacity int, gain int64) int {
	e := len(n.to)
	n.to, n.cap, n.gain = append(n.to, to, from), append(n.cap, capacity, 0), append(n.gain, gain, -gain)
	n.out[from], n.out[to] = append(n.out[from], e), append(n.out[to], e+1)
	return e
}

// run augments along the path of greatest gain while there is any to be had.
// Gains of successive paths never rise, so the sum is the greatest.
func (n *network) run(source, sink int) (total int64) {
	gain, by, waiting := make([]int64, len(n.out)), make([]int, len(n.out)), make([]bool, len(n.out))
	for {
		for i := range gain {
			gain[i], by[i] = math.MinInt64, none
		}
		gain[source] = 0
		for queue := []int{source}; len(queue) > 0; queue = queue[1:] {
			at := queue[0]
			waiting[at] = false
			for _, e := range n.out[at] {
				to := n.to[e]
				if n.cap[e] > 0 && gain[at]+n.gain[e] > gain[to] {
					gain[to], by[to] = gain[at]+n.gain[e], e
					if !waiting[to] {
						waiting[to] = true
						queue = append(queue, to)
					}
				}
			}
		}
		if gain[sink] <= 0 {
			return total
		}
		most := math.MaxInt
		for at := sink; at != source; at = n.to[by[at]^1] {
			most = min(most, n.cap[by[at]])
		}
		for at := sink; at != source; at = n.to[by[at]^1] {
			n.cap[by[at]] -= most
			n.cap[by[at]^1] += most
		}
		total += gain[sink] * int64(most)
	}
}
