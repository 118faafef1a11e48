package rack

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The expected values are those of Ruby 3.1.
func TestRubyNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "123": "123", "123456789012345678901234567890": "123456789012345678901234567890",
		"1.50": "1.5", "1e3": "1000.0", "-0.0": "-0.0", "1E-7": "1.0e-07", "0.0001": "0.0001", "0.00001": "1.0e-05",
		"123456789012345.0": "123456789012345.0", "1e14": "100000000000000.0", "1e15": "1.0e+15", "1234567890123456.0": "1.234567890123456e+15", "1e16": "1.0e+16", "1e20": "1.0e+20", "1.25e300": "1.25e+300", "1e400": "Infinity", "-1e400": "-Infinity",
	} {
		assert.Equal(t, want, numberText(json.Number(text)), text)
	}
	for text, want := range map[string]string{
		"1": "1", " 2": "2", "2 \n": "2", "+3": "3", "-4": "-4", "007": "7", "0d10": "10", "1_000": "1000", "0_1": "1", "99999999999999999999": "99999999999999999999",
		"": "", " ": "", "-": "", "1.5": "", "1e1": "", "0x10": "", "1_": "", "_1": "", "1__0": "", "- 1": "", "1a": "", "0d": "", "+_1": "", "1 2": "", "١": "",
	} {
		n, ok := parseInteger(text)
		if assert.Equal(t, want != "", ok, "%q", text) && ok {
			assert.Equal(t, want, n.String(), "%q", text)
		}
	}
	for text, want := range map[string]bool{"1": true, "-1": true, "01": true, "1\n": true, "a\n1": true, "1\na": true, "": false, "\n": false, "a": false, " 1": false, "1.0": false, "--1": false, "-": false} {
		assert.Equal(t, want, IsIntegerLine(text), "%q", text)
	}
}
