package har

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzUnquote holds unquote against encoding/json.
func FuzzUnquote(f *testing.F) {
	for _, s := range []string{
		``, `plain`, `\"\\\/\b\f\n\r\t`, `\u00e9\u00E9é`, `\ud83d\ude00`, `\ud83d`, `\ude00\ud83d`, `\ud83d\u0041`, `\ud83dx`,
		`\u12`, `\q`, "\x01", "\xff", "a\xe2\x82", `\u0000`, `\ud83d\ud83d\ude00`, "\x7f", `<>&`, `\\u0041`, `\ud83d\n`, `\ufffd`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, inside string) {
		s := scanner{window: []byte(`"` + inside + `"`), r: none{}}
		if s.skipString() != nil || s.pos != len(s.window) {
			return // it is not one string
		}
		var want string
		wantErr := json.Unmarshal(s.window, &want)
		got, err := unquote(s.window)
		require.Equal(t, wantErr == nil, err == nil, "%v, %v", wantErr, err)
		assert.Equal(t, want, got)
	})
}

type none struct{}

func (none) Read([]byte) (int, error) { return 0, assert.AnError }
