// Mutants breaks the suite on purpose, in one place at a time, and shows which breaks no test notices.
//
//	go run ./contract/mutants [-skip REGEXP] [-only REGEXP] PACKAGE TEST-PACKAGE[=REGEXP]...
//
// Every mutant of the package is compiled into one binary for each of the test packages, and an environment variable
// says which one is switched on, so that trying one costs a run of the tests and no build. The tests of the test packages,
// or those of them that the regular expression names as go test -run has it, are run in the order in which they are given,
// as long as none fails.
package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

func main() {
	skip := flag.String("skip", "", "tests that are not run: a `REGEXP` as go test -skip has it")
	only := flag.String("only", "", "try only mutants whose line in the report matches `REGEXP`")
	list := flag.Bool("list", false, "list the mutants and try none")
	workers := flag.Int("workers", runtime.NumCPU(), "how many are tried at once")
	timeout := flag.Duration("timeout", 2*time.Minute, "how long one run of one package's tests may take; a mutant that takes longer is killed")
	flag.Parse()
	matches, err := regexp.Compile(*only)
	if err == nil && flag.NArg() < 2 {
		err = errors.New("usage: mutants [FLAGS] PACKAGE TEST-PACKAGE...; -help says more")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r := &runner{skip: *skip, timeout: *timeout, workers: *workers, out: os.Stdout}
	survived, err := r.run(ctx, flag.Arg(0), flag.Args()[1:], matches, *list)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	case survived > 0:
		os.Exit(1)
	}
}

// runner tries mutants.
type runner struct {
	dir     string // of the module; the current one, if it is empty
	skip    string
	timeout time.Duration
	workers int
	out     io.Writer
}

// suite is the tests of one package, with all mutants compiled in.
type suite struct {
	name    string
	run     string // which tests; all, if it is empty
	dir     string // where the tests run
	binary  string
	reached map[int]bool
}

// fate is what became of a mutant.
type fate struct {
	by      string // the suite that failed; empty if none did
	reached bool   // a test ran through it
}

func (r *runner) run(ctx context.Context, pkg string, testPackages []string, only *regexp.Regexp, list bool) (survived int, err error) {
	code, err := mutate(r.dir, pkg)
	if err != nil {
		return 0, err
	}
	chosen := slices.DeleteFunc(slices.Clone(code.mutants), func(m mutant) bool { return !only.MatchString(m.String()) })
	if list {
		for _, m := range chosen {
			fmt.Fprintln(r.out, m)
		}
		return 0, nil
	}
	dir, err := os.MkdirTemp("", "mutants-*")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var suites []*suite
	for _, name := range testPackages {
		s, err := r.build(ctx, dir, code, name)
		if err != nil {
			return 0, err
		}
		suites = append(suites, s)
		fmt.Fprintf(r.out, "%s runs through %d of %d mutants\n", name, len(s.reached), len(code.mutants))
	}

	fates := make([]fate, len(chosen))
	next := make(chan int)
	var wait sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range r.workers {
		wait.Go(func() {
			for i := range next {
				f := r.try(ctx, suites, chosen[i])
				mu.Lock()
				fates[i] = f
				done++
				r.tell(ctx, chosen[i], f)
				mu.Unlock()
			}
		})
	}
	for i := range chosen {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	wait.Wait()
	if ctx.Err() != nil {
		return 0, fmt.Errorf("interrupted after %d of %d mutants", done, len(chosen))
	}
	text, survived := summary(fates)
	fmt.Fprintln(r.out, text)
	return survived, nil
}

// tell says of a mutant that no test noticed it.
func (r *runner) tell(ctx context.Context, m mutant, f fate) {
	switch {
	case f.by != "" || ctx.Err() != nil:
	case f.reached:
		fmt.Fprintln(r.out, "survived   ", m)
	default:
		fmt.Fprintln(r.out, "not reached", m)
	}
}

// summary says in a line what became of all, and how many survived.
func summary(fates []fate) (text string, survived int) {
	killed, unreached := make(map[string]int), 0
	for _, f := range fates {
		switch {
		case f.by != "":
			killed[f.by]++
			continue
		case !f.reached:
			unreached++
		}
		survived++
	}
	var by []string
	for name, n := range killed {
		by = append(by, fmt.Sprintf("%d by %s", n, name))
	}
	slices.Sort(by)
	all := len(fates)
	return fmt.Sprintf("%d mutants: %d killed (%s), %d survived, %d of them not reached; score %.1f %%",
		all, all-survived, strings.Join(by, ", "), survived, unreached, 100*float64(all-survived)/float64(max(all, 1))), survived
}

// build compiles the tests of a package and finds out which mutants they run through.
func (r *runner) build(ctx context.Context, dir string, code *mutated, name string) (*suite, error) {
	overlay := struct{ Replace map[string]string }{make(map[string]string)}
	for path, text := range code.files {
		file := filepath.Join(dir, "overlay-"+filepath.Base(path))
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return nil, err
		}
		overlay.Replace[path] = file
	}
	data, err := json.Marshal(overlay)
	if err != nil {
		return nil, err
	}
	overlayFile := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlayFile, data, 0o600); err != nil {
		return nil, err
	}
	name, run, _ := strings.Cut(name, "=")
	s := &suite{name: name, run: run, binary: filepath.Join(dir, strings.NewReplacer("/", "_", ".", "_").Replace(name)+".test"), reached: make(map[int]bool)}
	if out, err := r.goCommand(ctx, "test", "-c", "-vet=off", "-overlay", overlayFile, "-o", s.binary, name).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the tests of %s cannot be built: %w\n%s", name, err, out)
	}
	where, err := r.goCommand(ctx, "list", "-f", "{{.Dir}}", name).Output()
	if err != nil {
		return nil, fmt.Errorf("%s is no package: %w", name, err)
	}
	s.dir = strings.TrimSpace(string(where))
	trace := filepath.Join(dir, "reached")
	defer os.Remove(trace)
	if out, err := r.test(ctx, s, 0, variableReached+"="+trace); err != nil {
		return nil, fmt.Errorf("the tests of %s fail without any mutant: %w\n%s", name, err, out)
	}
	file, err := os.Open(trace)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil // none
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if n, err := strconv.Atoi(lines.Text()); err == nil {
			s.reached[n] = true
		}
	}
	return s, lines.Err()
}

func (r *runner) goCommand(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = r.dir
	return command
}

// try runs the tests that run through a mutant until some fail.
func (r *runner) try(ctx context.Context, suites []*suite, m mutant) (f fate) {
	for _, s := range suites {
		if !s.reached[m.number] {
			continue
		}
		f.reached = true
		if _, err := r.test(ctx, s, m.number); err != nil {
			f.by = s.name
			return f
		}
	}
	return f
}

func (r *runner) test(ctx context.Context, s *suite, number int, env ...string) (output []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	command := exec.CommandContext(ctx, s.binary, "-test.failfast", "-test.run="+s.run, "-test.skip="+cmp.Or(r.skip, "^$"))
	command.Dir = s.dir
	command.Env = append(append(os.Environ(), fmt.Sprintf("%s=%d", variable, number)), env...)
	command.WaitDelay = time.Second
	return command.CombinedOutput()
}
