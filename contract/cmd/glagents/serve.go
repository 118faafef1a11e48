package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/wire"
)

// serve is the command that runs the fake.
type serve struct {
	*program
	addr        string
	seedFile    string
	printSeed   bool
	release     string
	edition     string
	externalURL string
	root        relativeRoot
	latency     time.Duration
	rate        rateLimit
	log         logFormat
	faultNames  []string
	har         exchanges
}

// drainTime is how long requests that are under way may take after the command was told to stop.
const drainTime = 3 * time.Second

func (p *program) serveCommand() *cobra.Command {
	s := &serve{program: p, log: textLog}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a fake GitLab that answers as GitLab does",
		Long: `Serve runs a fake GitLab that has the Agents API and nothing else. It answers as
the given release and edition do. Everything is in memory, and gone when it ends.

The first line on standard output is for scripts: "listening on " and the URL of
the GitLab. After it come the users with their access tokens, the projects, and a
request to copy. The API documentation, with requests to try, is at /-/docs; the
OpenAPI document is at /-/openapi.yaml and /-/openapi.json.

Standard error has a line for each API request, without secrets. After Ctrl-C,
requests that are under way may take up to three seconds more; a second Ctrl-C
ends the program at once.

Without --seed there are the projects 20 root/test and 21 root/other (private) and
22 public/open (public), and the users owner, maintainer, developer, reporter,
guest and stranger with the access tokens glpat-owner, glpat-maintainer and so
on. Project 20 has the agents and tokens of the document's examples, so that the
examples can be executed. A seed is a file in YAML or JSON with other data.
--print-seed prints the default one, with comments that explain every key. Flags
override what a seed says about the GitLab. Access tokens of a seed are not
printed.

Exit status:
  0  it was told to stop
  2  wrong usage, or a seed that cannot be read`,
		Example: `  # A GitLab 16.2 on a port of its own
  glagents serve --addr 127.0.0.1:8080 --gitlab-version 16.2

  # In a script: start it, wait for the first line, and use its URL
  glagents serve --log off > serve.out &
  until grep -q '^listening on ' serve.out; do sleep 0.1; done
  export GITLAB_URL=$(sed -n '1s/^listening on //p' serve.out)

  # One's own projects, users and agents
  glagents serve --print-seed > seed.yaml
  glagents serve --seed seed.yaml

  # A broken one, to see what notices
  glagents serve --fault secret-missing --fault third-token-accepted

  # A slow one under a relative root, with a limit of ten requests a minute
  glagents serve --relative-root /gitlab --latency 200ms --rate-limit 10/m`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&s.addr, "addr", "127.0.0.1:0", "the `ADDRESS` to listen on; port 0 is a free one")
	flags.StringVar(&s.seedFile, "seed", "", "the `FILE` with users, projects and agents; - is standard input")
	flags.BoolVar(&s.printSeed, "print-seed", false, "print the seed that is used without --seed, with comments, and end")
	flags.StringVar(&s.release, "gitlab-version", "", "the `VERSION` to be, 14.10 to 19.x; else the seed's, else the newest")
	flags.StringVar(&s.edition, "edition", "", "the `EDITION` to be, ce or ee; else the seed's, else ce")
	complete(cmd, "edition", "ce", "ee")
	flags.StringVar(&s.externalURL, "external-url", "", "the `URL` that GitLab is configured with, which Link headers have; else that of the request")
	flags.Var(&s.root, "relative-root", "the `PATH` under which everything is, such as /gitlab; else that of the external URL")
	flags.DurationVar(&s.latency, "latency", 0, "the `TIME` that each answer takes, such as 50ms")
	flags.Var(&s.rate, "rate-limit", "answer 429 to more requests of a user than this, such as 600/m (or /s, /h)")
	flags.StringVar(&s.har.path, "har", "", "write the exchanges to a HAR `FILE`, without secrets")
	flags.StringArrayVar(&s.faultNames, "fault", nil, "depart from GitLab as the fault `NAME` says; repeatable")
	_ = cmd.RegisterFlagCompletionFunc("fault", completeFaults)
	flags.Var(&s.log, "log", "the `FORMAT` of the access log: text, json or off")
	return cmd
}

func (s *serve) run(ctx context.Context) error {
	if s.printSeed {
		_, err := s.stdout.Write(defaultSeed)
		return err
	}
	s.stderr = s.redactor.Writer(s.stderr) // also puts requests that are logged at the same time one after the other
	seed, err := s.seed()
	if err != nil {
		return err
	}
	broken, err := s.faults()
	if err != nil {
		return err
	}
	logger := s.log.logger(s.stderr)
	gitlab, err := fakegitlab.New(append(faults.Options(broken...), s.options(seed, logger)...)...)
	if err != nil {
		return s.refuse(err)
	}
	listener, err := s.listen(s.addr)
	if err != nil {
		return err
	}
	if err := s.har.create(s.program); err != nil {
		return err
	}
	api := faults.Around(gitlab, broken...)
	if s.har.writer != nil {
		api = wire.RecordHandler(api, 0, s.har.observe)
	}
	server := &http.Server{
		Handler:           newDocumentation(gitlab.Root(), api),
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          errorLog(logger),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	address := listener.Addr().(*net.TCPAddr)
	if !address.IP.IsLoopback() {
		s.complain(fmt.Sprintf("warning: %s can be reached from other machines, without encryption, and everybody knows the access tokens of the fake", address))
	}
	s.greet(gitlab, seed, "http://"+clientAddress(address)+gitlab.Root())
	s.showFaults(gitlab, broken)
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	s.drain(server, drainTime)
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return s.har.close()
}

// options set up the fake.
func (s *serve) options(seed *fakegitlab.Seed, logger *slog.Logger) []fakegitlab.Option {
	return []fakegitlab.Option{
		fakegitlab.FromSeed(seed),
		fakegitlab.Version(s.release),
		fakegitlab.Edition(s.edition),
		fakegitlab.ExternalURL(s.externalURL),
		fakegitlab.RelativeRoot(string(s.root)),
		fakegitlab.Latency(s.latency),
		fakegitlab.RateLimit(s.rate.requests, s.rate.per),
		fakegitlab.Logger(logger),
		// Old releases, and faults, make secrets that do not look like secrets.
		fakegitlab.Deviate(&fakegitlab.Deviation{Secret: func(secret string) string { s.redactor.Learn(secret); return secret }}),
	}
}

// refuse ends the command because of an error that may have a line for each of several things that are wrong.
func (s *serve) refuse(err error) error {
	for problem := range strings.SplitSeq(err.Error(), "\n") {
		s.complain(problem)
	}
	return exitError{contract.Usage}
}

// listen takes the address.
func (p *program) listen(addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, usageError{fmt.Sprintf("--addr %s: another program listens there; choose another port, or 0 for a free one", addr)}
	case err != nil:
		return nil, usageError{fmt.Sprintf("--addr %s: %v; an address is like 127.0.0.1:8080", addr, err)}
	}
	return listener, nil
}

// clientAddress is where clients on this machine reach what listens on the address.
func clientAddress(a *net.TCPAddr) string {
	if a.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(a.Port))
	}
	return a.String()
}

// drain ends the server once the requests that are under way have ended, or after that time.
func (p *program) drain(server *http.Server, wait time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close()
		p.complain(fmt.Sprintf("cut off what had not ended after %v", wait))
	}
}
