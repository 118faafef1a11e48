package selftest

import (
	"context"
	"runtime"

	"example.com/gitlab-agents/contract/faults"
)

// Measure makes all runs: every profile of the healthy fake, and each of the faults. Some run side by side. It calls done
// for each run, in that order and one at a time.
func Measure(ctx context.Context, broken []faults.Fault, done func(*Run)) (*Matrix, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	profiles := Profiles()
	var plan []func() (*Run, error)
	for _, p := range profiles {
		plan = append(plan, func() (*Run, error) { return Healthy(ctx, p) })
	}
	for i := range broken {
		plan = append(plan, func() (*Run, error) { return Broken(ctx, &broken[i]) })
	}
	var all []*Run
	for next := range ordered(ctx, plan) {
		o := <-next
		if o.err != nil {
			return nil, o.err
		}
		done(o.run)
		all = append(all, o.run)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return &Matrix{Healthy: all[:len(profiles)], Broken: all[len(profiles):]}, nil
}

type outcome struct {
	run *Run
	err error
}

// ordered starts the runs, a few at a time, and hands out their outcomes in the order of the plan. It starts no more once
// the context is done.
func ordered(ctx context.Context, plan []func() (*Run, error)) <-chan chan outcome {
	queue := make(chan chan outcome, max(2, runtime.GOMAXPROCS(0)))
	go func() {
		defer close(queue)
		for _, run := range plan {
			next := make(chan outcome, 1)
			select {
			case queue <- next:
			case <-ctx.Done():
				return
			}
			go func() {
				r, err := run()
				next <- outcome{r, err}
			}()
		}
	}()
	return queue
}
