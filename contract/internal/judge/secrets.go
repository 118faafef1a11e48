package judge

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"math/bits"
	"strings"
)

// secrets are the agent tokens that create responses showed. They are kept as hashes of a few bytes each, so that a
// text is searched for all of them in one pass, however many there are.
type secrets struct {
	young, old windows                  // the hashes; old are those before the last that many
	whole      generations[string, int] // a whole secret to the exchange that showed it
	bytes      [256]bool                // those that windows have; no window stands where a text has another

	// published are the exchanges whose secret a caller sent to the server afterwards, for example to store it in a CI
	// variable. The server may repeat it.
	published generations[int, struct{}]
}

// window is how many bytes of a secret identify it: no less, or ordinary text would; no more, or a shortened secret
// would escape.
const window = 24

// minSecret is the length below which a value is not searched for. GitLab's secrets have 50 characters and more.
const minSecret = window

func (s *secrets) add(secret string, exchange int) {
	s.whole.put(secret, exchange)
	if len(secret) < minSecret {
		return
	}
	s.put(secret[len(secret)-window:], exchange)
	// The random part follows the prefix, which every token has; a secret without its end is one still.
	if _, random, _ := strings.Cut(secret, "glagent-"); len(random) > window {
		s.put(random[:window], exchange)
		// What is in the middle of a routable one may say whose it is, as that of others does.
		if middle := (len(random) - window) / 2; !strings.Contains(random, ".") {
			s.put(random[middle:middle+window], exchange)
		}
	} else {
		s.put(secret[:window], exchange)
	}
	// In base64 a secret looks different depending on where it begins; the window of each is kept too. Both alphabets of
	// base64 write GitLab's secrets alike.
	for shift := range 3 {
		enc := base64.RawStdEncoding.EncodeToString([]byte(secret[shift:]))
		enc = enc[:len(enc)-len(enc)%4] // what follows the secret decides the rest
		s.put(enc[len(enc)-window:], exchange)
	}
	digits := hex.EncodeToString([]byte(secret[len(secret)-window/2:]))
	s.put(digits, exchange)
	s.put(strings.ToUpper(digits), exchange)
	s.put(strings.ToLower(secret[len(secret)-window:]), exchange)
	digest := sha256.Sum256([]byte(secret)) // it helps to guess the secret, and servers may accept it in its place
	s.put(hex.EncodeToString(digest[:])[:window], exchange)
	s.put(base64.StdEncoding.EncodeToString(digest[:])[:window], exchange)
}

func (s *secrets) put(w string, exchange int) {
	var h uint64
	for i := range window {
		h = h*prime + uint64(w[i])
		s.bytes[w[i]] = true
	}
	if len(s.young.exchange) >= maxWindows {
		s.old, s.young = s.young, windows{}
	}
	s.young.put(h, exchange)
}

// windows are the hashes of windows, and the exchanges that showed the secrets they are of.
type windows struct {
	exchange map[uint64]int
	filter   []uint64 // a bit for each hash, so that almost all of what is searched costs no look-up
	shift    int      // how far a hash is shifted to be the number of its bit
}

// maxWindows is how many hashes a generation has: up to eleven for each of 12,000 secrets, in some 5 MB.
const maxWindows = 1 << 17

func (w *windows) put(h uint64, exchange int) {
	if w.exchange == nil {
		w.exchange = make(map[uint64]int)
	}
	w.exchange[h] = exchange
	if len(w.exchange)*16 > len(w.filter)*64 { // a full filter lets everything through
		w.filter = make([]uint64, max(64, 2*len(w.filter)))
		w.shift = 64 - bits.Len(uint(len(w.filter)*64-1))
		for h := range w.exchange {
			w.mark(h)
		}
	}
	w.mark(h)
}

func (w *windows) mark(h uint64) {
	bit := h >> w.shift
	w.filter[bit/64] |= 1 << (bit % 64)
}

func (w *windows) get(h uint64) (exchange int, ok bool) {
	if w.filter == nil {
		return 0, false
	}
	if bit := h >> w.shift; w.filter[bit/64]&(1<<(bit%64)) == 0 {
		return 0, false
	}
	exchange, ok = w.exchange[h]
	return exchange, ok
}

// shownBefore says which exchange showed this secret before.
func (s *secrets) shownBefore(secret string) (exchange int, ok bool) { return s.whole.get(secret) }

const prime = 0x9E3779B97F4A7C15

// topPower is prime to the power of window-1: the weight of the byte that leaves a window.
var topPower = func() uint64 {
	p := uint64(1)
	for range window - 1 {
		p *= prime
	}
	return p
}()

// publish notes the secrets that a request holds.
func (s *secrets) publish(text []byte) {
	for {
		at, exchange, ok := s.find(text)
		if !ok {
			return
		}
		s.published.put(exchange, struct{}{})
		text = text[at+1:]
	}
}

// find returns where in a text a secret that an earlier exchange showed begins, and which exchange that was. Published
// ones are no secrets any more.
func (s *secrets) find(text []byte) (at, exchange int, ok bool) {
	if s.young.exchange == nil {
		return 0, 0, false
	}
	var h uint64
	run := 0 // how many of the last bytes may be a window's
	for i, c := range text {
		if !s.bytes[c] {
			h, run = 0, 0
			continue
		}
		if run++; run > window {
			h -= uint64(text[i-window]) * topPower
		}
		h = h*prime + uint64(c)
		if run < window {
			continue
		}
		x, found := s.young.get(h)
		if !found {
			x, found = s.old.get(h)
		}
		if !found {
			continue
		}
		if _, published := s.published.get(x); !published {
			return i - window + 1, x, true
		}
	}
	return 0, 0, false
}
