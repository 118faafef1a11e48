package document

import "fmt"

// Outcome is what became of a rule, and so who is to blame.
type Outcome int

// The outcomes, from best to worst.
const (
	Pass         Outcome = iota // exercised at least once, and held
	Untested                    // could not be exercised; the set-up is to blame
	Drift                       // the server sent something harmless that the document does not know; the document is to blame
	Inconclusive                // the network is to blame: 429, a gateway's 5xx, a timeout, a reset
	Error                       // the request broke the document, or cleaning up failed; the caller is to blame
	Violation                   // the server broke a MUST or a SHOULD
)

var outcomeNames = [...]string{"pass", "untested", "drift", "inconclusive", "error", "violation"}

func (o Outcome) String() string {
	if o < 0 || int(o) >= len(outcomeNames) {
		return fmt.Sprintf("Outcome(%d)", int(o))
	}
	return outcomeNames[o]
}

// MarshalText gives the name that String gives.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads the name that String gives.
func (o *Outcome) UnmarshalText(text []byte) error {
	for i, name := range outcomeNames {
		if name == string(text) {
			*o = Outcome(i)
			return nil
		}
	}
	return fmt.Errorf("unknown outcome %q", text)
}

// Finding is one way in which one exchange and a rule differ. It never holds the value of a secret.
type Finding struct {
	Rule      string  `json:"rule"`      // the rule's id, such as "document/body"
	Outcome   Outcome `json:"outcome"`   // Violation, Drift, Inconclusive or Error
	Operation string  `json:"operation"` // operationId, such as "getAgentToken"
	Pointer   string  `json:"pointer"`   // where in the body: a JSON pointer (RFC 6901); empty for the whole or for what is not in the body
	Expected  string  `json:"expected"`  // what the rule asks for
	Actual    string  `json:"actual"`    // what came instead
	Document  string  `json:"document"`  // where the document says so: file:line:column; empty if it does not
}
