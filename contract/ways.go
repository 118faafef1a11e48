package contract

import "sync"

// way is one way to ask for something. What is out of the ordinary in it GitLab takes all the same, as a rule says.
type way struct {
	rule string // that is broken if this way is refused, and the next and plainer one is not; empty for the plainest
	path string // if it is not that of the others
	with []With
}

// firstWay creates something in the first of several ways that works, each plainer than the one before, so that one
// request shows that all rules hold, and more are made only to tell which does not. It returns the last answer.
func (p *Probe) firstWay(path string, ways ...way) *Exchange {
	return p.firstOf("POST", path, 201, ways...)
}

// firstOf is firstWay for any method, with the status that says that a way works.
func (p *Probe) firstOf(method, path string, status int, ways ...way) *Exchange {
	var last *Exchange
	for i, w := range ways {
		at := path
		if w.path != "" {
			at = w.path
		}
		x := p.Do(Maintainer, method, at, w.with...)
		if x.ok(status) {
			if i > 0 {
				p.run.odd.refuse(ways[i-1].rule, last)
			}
			for _, held := range ways[i:] {
				p.run.odd.take(held.rule)
			}
			return x
		}
		last = x
	}
	return last
}

// oddities are what became of what is out of the ordinary, by the rule that says that GitLab takes it.
type oddities struct {
	mu      sync.Mutex
	taken   map[string]bool
	refused map[string][]*Exchange
}

func (o *oddities) take(rule string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.taken == nil {
		o.taken = make(map[string]bool)
	}
	o.taken[rule] = true
}

func (o *oddities) refuse(rule string, x *Exchange) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refused == nil {
		o.refused = make(map[string][]*Exchange)
	}
	o.refused[rule] = append(o.refused[rule], x)
}

func (o *oddities) of(rule string) (taken bool, refused []*Exchange) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.taken[rule], o.refused[rule]
}

// taken is a rule about what is out of the ordinary in the ways in which fixtures are made. It says nothing if a
// fixture could not be made in any way.
func taken(id string, level Level, since Release, sentence, source string, operations []string, fixtures ...func(p *Probe)) Rule {
	return Rule{
		ID: id, Level: level, Since: since, Sentence: sentence, Source: source, Operations: operations,
		Needs: Needs{Writes: true},
		Probe: func(p *Probe) {
			for _, fixture := range fixtures {
				p.attempt(fixture)
			}
			p.wantTaken(201)
		},
	}
}

func (p *Probe) wantTaken(status int) {
	took, refused := p.run.odd.of(p.rule.ID)
	for _, x := range refused {
		p.Want(x, status)
	}
	if !took && len(refused) == 0 {
		p.give(Inconclusive, "what it is about was refused in plainer ways as well")
	}
}

// attempt does something, and goes on if that is given up.
func (p *Probe) attempt(f func(p *Probe)) {
	defer func() {
		if stop := recover(); stop != nil {
			if _, given := stop.(*ending); !given {
				panic(stop)
			}
		}
	}()
	f(p)
}
