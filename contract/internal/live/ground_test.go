package live

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/internal/setup"
)

// TestALongSilenceEndsTheCheck has requests that are not answered, sooner and later after the last useful answer.
func TestALongSilenceEndsTheCheck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		defer end()
		c := &check{Options: Options{Clock: SystemClock{}}, end: end}
		p := &play{check: c, ctx: ctx}
		unanswered := func() { p.unanswered(&request{method: "GET", path: "/x"}, "503, which gateways send") }
		c.heard()
		time.Sleep(longSilence) // by the clock of synctest
		assert.Panics(t, unanswered, "the scenario ends")
		assert.Nil(t, c.ended())
		assert.NoError(t, ctx.Err())

		time.Sleep(time.Second)
		assert.Panics(t, unanswered)
		if assert.NotNil(t, c.ended()) {
			assert.Equal(t, setup.NoAnswer, c.ended().Code)
			assert.Equal(t, "no useful answer has come for 2m0s: 503, which gateways send", c.ended().Means)
		}
		assert.Error(t, ctx.Err())
	})
}
