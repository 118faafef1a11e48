package wire

import "example.com/gitlab-agents/contract/redact"

// Secrets returns the values in an exchange that are credentials because of where they stand; see [redact.Finder]. Learn
// them before anything of the exchange is shown.
func Secrets(x *Exchange) []string {
	var f redact.Finder
	findInRequest(&f, &x.Request)
	if x.Response != nil {
		f.Header(x.Response.Header)
		f.Body(x.Response.Header, x.Response.Body)
	}
	if x.Err != nil {
		f.Text(x.Err.Error())
	}
	return f.Secrets()
}

func requestSecrets(r *Request) []string {
	var f redact.Finder
	findInRequest(&f, r)
	return f.Secrets()
}

func findInRequest(f *redact.Finder, r *Request) {
	f.URL(r.URL)
	f.Header(r.Header)
	f.Body(r.Header, r.Body)
}
