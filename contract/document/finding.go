package document

import "example.com/gitlab-agents/contract/internal/rule"

// Outcome is what became of a rule, and so who is to blame. Its names are untested, pass, drift, inconclusive, error and
// violation.
type Outcome = rule.Outcome

// The outcomes that a finding can have.
const (
	Drift        = rule.Drift        // the server sent something harmless that the document does not know; the document is to blame
	Inconclusive = rule.Inconclusive // the network is to blame: a gateway's 5xx, a timeout, a reset
	Error        = rule.Error        // the request broke the document; the caller is to blame
	Violation    = rule.Violation    // the server broke a MUST or a SHOULD
)

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
