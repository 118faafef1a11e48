package fakegitlab

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAppendText(t *testing.T) {
	t.Parallel()
	const text = "<b>&\"\\/\u2028\u2029\b\f\n\r\t\x01\x7fé😀\xff"
	assert.Equal(t, `"\u003cb\u003e\u0026\"\\/\u2028\u2029\b\f\n\r\t\u0001`+"\x7fé😀"+`\ufffd"`, string(appendText(nil, text, true)))
	assert.Equal(t, `"<b>&\"\\/`+"\u2028\u2029"+`\b\f\n\r\t\u0001`+"\x7fé😀"+`\ufffd"`, string(appendText(nil, text, false)))
}
