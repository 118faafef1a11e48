package live

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestHowLongALimitAsksToWait(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		header, value string
		want          time.Duration
	}{
		"seconds":                           {"Retry-After", "30", 30 * time.Second},
		"a date":                            {"Retry-After", "Sat, 28 Nov 2026 12:01:00 GMT", time.Minute},
		"GitLab's end of the period":        {"RateLimit-Reset", "1795867245", 45 * time.Second},
		"a gateway's end of the period":     {"RateLimit-Reset", "9", 9 * time.Second},
		"the longest that gateways have":    {"RateLimit-Reset", "999999", 999_999 * time.Second},
		"an end of the period that is text": {"RateLimit-Reset", "soon", 0},
		"nothing":                           {"Vary", "Origin", 0},
	} {
		assert.Equal(t, c.want, retryAfter(http.Header{http.CanonicalHeaderKey(c.header): {c.value}}, now), name)
	}
}
