package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHanging(t *testing.T) {
	t.Parallel()
	const text = "  GitLab said: that is a long sentence"
	assert.Equal(t, text, hanging(text, 0))
	assert.Equal(t, text, hanging(text, len(text)))
	assert.Equal(t, "  GitLab said: that is a\n    long sentence", hanging(text, 30))
	assert.Equal(t, "glagents: 項目は番号で\n  指定できる。 そうだ。", hanging("glagents: 項目は番号で 指定できる。 そうだ。", 24))
}

func TestTable(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"tokens/revoke", "MUST", "Revoking a token returns 204."}, {"paths/id", "MUST", "項目は番号で指定できる。"}}
	wide := "tokens/revoke  MUST  Revoking a token returns 204.\npaths/id       MUST  項目は番号で指定できる。\n"
	for screen, want := range map[int]string{
		0:  wide,
		50: wide,
		49: "tokens/revoke  MUST\n    Revoking a token returns 204.\npaths/id  MUST\n    項目は番号で指定できる。\n",
		30: "tokens/revoke  MUST\n    Revoking a token returns\n    204.\npaths/id  MUST\n    項目は番号で指定できる。\n",
	} {
		var out bytes.Buffer
		require.NoError(t, writeTable(&out, rows, screen))
		assert.Equal(t, want, out.String(), screen)
	}
}
