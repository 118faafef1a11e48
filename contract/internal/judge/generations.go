package judge

import "cmp"

// generations is a map that forgets: once a generation is full, what was not used in it goes. A recording of any
// length is judged in bounded memory.
type generations[K comparable, V any] struct {
	young, old map[K]V
	size       int // how many entries a generation holds, if not as many as the constant says
}

// generation is how many entries a generation holds. At some 300 bytes an entry both take some 20 MB.
const generation = 8_192

func (g *generations[K, V]) get(k K) (V, bool) {
	if v, ok := g.young[k]; ok {
		return v, true
	}
	v, ok := g.old[k]
	if ok {
		g.put(k, v)
	}
	return v, ok
}

func (g *generations[K, V]) put(k K, v V) {
	if g.young == nil {
		g.young = make(map[K]V)
	} else if len(g.young) >= cmp.Or(g.size, generation) {
		g.old, g.young = g.young, make(map[K]V)
	}
	g.young[k] = v
}

// each calls f for each entry.
func (g *generations[K, V]) each(f func(K, V)) {
	for k, v := range g.old {
		if _, again := g.young[k]; !again {
			f(k, v)
		}
	}
	for k, v := range g.young {
		f(k, v)
	}
}
