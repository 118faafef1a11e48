package judge

import "time"

// Moment is when an exchange took place, and whose it was. Exchanges may overlap; then neither was before the other.
type Moment struct {
	Index      int
	start, end time.Time // zero where the source does not say; then the order in the source counts
	caller     [8]byte
}

// Moment is when the exchange took place.
func (x *Exchange) Moment() Moment {
	return Moment{Index: x.Index, start: x.Started, end: x.Started.Add(x.Duration), caller: x.caller}
}

// Before says that m was over before o began.
func (m Moment) Before(o Moment) bool {
	return m.Index < o.Index && (m.start.IsZero() || o.start.IsZero() || !m.end.After(o.start))
}

// lag is how long a replica of GitLab's database may be behind. A user reads what the same user wrote without delay.
const lag = 5 * time.Second

// VisibleTo says that a read at o has to see what happened at m: m was before o, and the same caller's, or long ago.
func (m Moment) VisibleTo(o Moment) bool {
	if !m.Before(o) {
		return false
	}
	return m.sameCaller(o) || !m.start.IsZero() && !o.start.IsZero() && o.start.Sub(m.end) >= lag
}

// sameCaller says that one caller made both requests. If the request headers were not recorded, nobody knows.
func (m Moment) sameCaller(o Moment) bool { return m.caller == o.caller && m.caller != [8]byte{} }

// Before says that x was answered before y was asked.
func (x *Exchange) Before(y *Exchange) bool { return x.Moment().Before(y.Moment()) }

// VisibleTo says that y has to see what happened in x.
func (x *Exchange) VisibleTo(y *Exchange) bool { return x.Moment().VisibleTo(y.Moment()) }

// Mark is the end of a Moment, for records of which there are many.
type Mark struct {
	Index int
	end   int64 // in nanoseconds since 1970; 0 if the source does not say
}

func (m Moment) mark() Mark {
	if m.start.IsZero() {
		return Mark{Index: m.Index}
	}
	return Mark{m.Index, m.end.UnixNano()}
}

// Before says that the marked Moment was over before o began.
func (k Mark) Before(o Moment) bool {
	return k.Index < o.Index && (k.end == 0 || o.start.IsZero() || k.end <= o.start.UnixNano())
}

func later(a, b Moment) Moment {
	if a == (Moment{}) || !b.Before(a) {
		return b
	}
	return a
}
