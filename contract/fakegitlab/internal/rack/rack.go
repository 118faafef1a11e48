// Package rack is what Rack, Rails, Grape and Ruby do to a request's input before GitLab's own code sees it: they read the
// query and the body, override the method, and turn values into strings and integers. It does what they do where a client
// might not expect it, too, such as nested parameters and numbers with underscores.
package rack

import "errors"

// Parameters are values by name. A value is what Rack makes of a query or form (nil, a string, []any or Parameters) or
// what JSON has besides (a bool or a json.Number).
type Parameters = map[string]any

// ErrMalformed is input that Rack and Rails refuse. GitLab's answer does not say why.
var ErrMalformed = errors.New("malformed parameters")

// ErrMultipart is a multipart body that ends too early.
var ErrMultipart = errors.New("bad content body")

// ErrTooLarge is a body of more than the limit.
var ErrTooLarge = errors.New("request entity too large")
