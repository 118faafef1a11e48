package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/har"
	"example.com/gitlab-agents/contract/internal/words"
	"example.com/gitlab-agents/contract/proxy"
	"example.com/gitlab-agents/contract/report"
)

// proxyRun is the command that judges traffic in passing.
type proxyRun struct {
	*program
	upstream string
	addr     string
	caFile   string
	record   string
	enforce  bool
	timeout  time.Duration
	reports  reports
	only     []string // patterns of rules
	skip     []string
	release  string
	edition  string
	strict   bool
	quiet    bool
	noColor  bool
	color    bool
	hangup   <-chan os.Signal // nil means SIGHUP
}

func (p *program) proxyCommand() *cobra.Command {
	r := &proxyRun{program: p}
	cmd := &cobra.Command{
		Use:   "proxy --upstream URL",
		Short: "Judge real traffic as it passes through",
		Long: `Proxy stands between clients and a GitLab. It passes everything through
unchanged, and judges each exchange that is one of the eight operations of the
Agents API after it was delivered. It sends no requests of its own. Other paths
pass through and are neither judged nor recorded.

The first line on standard output is for scripts: "listening on " and the URL
that clients use as that of the GitLab. After it comes a line for each finding as
it is found: what the server did wrong (✗), what the client did wrong (!), what
the document does not know (~), and what proves nothing (?). The summary and the
reports are written at the end, and on SIGHUP. Ctrl-C ends the proxy; requests
that are under way have ten seconds to end.

With --enforce, a response that violates a MUST is replaced by 502 with a problem
body (RFC 9457). Responses of the Agents API are then judged before they are
delivered. A create that is replaced has taken place, and its secret is lost.

With --record, a HAR file gets the exchanges that are judged, without secrets.
The file can be read by "glagents verify" at any time, also after the proxy was
killed. It then lacks at most the exchanges that were waiting to be judged.

If judging falls behind, exchanges are neither judged nor recorded; they are
delivered as fast as ever. The summary says how many, and the exit status is 4
instead of 0.

How to point clients at the proxy, where PROXY is its URL, such as
http://127.0.0.1:8080:
  curl           curl --header "PRIVATE-TOKEN: $TOKEN" \
                   PROXY/api/v4/projects/20/cluster_agents
  python-gitlab  gitlab.Gitlab("PROXY", private_token=token, keep_base_url=True)
  client-go      gitlab.NewClient(token, gitlab.WithBaseURL("PROXY"))
  gitbeaker      new Gitlab({host: "PROXY", token})
  Terraform      provider "gitlab" { base_url = "PROXY/api/v4/" }
  glab           GITLAB_HOST=127.0.0.1:8080 API_PROTOCOL=http \
                   glab cluster agent list --repo root/test
A client that follows the Link header goes to the GitLab's own URL, past the
proxy, unless it keeps its base URL, as keep_base_url says.

The proxy listens on the loopback interface unless --addr says otherwise. It does
not encrypt, so tokens can be read on the way to it. HTTP_PROXY cannot be used to
reach it: it is not a forward proxy.

` + exitStatuses,
		Example: `  # What do my client and this GitLab do wrong?
  glagents proxy --upstream https://gitlab.example.com --addr 127.0.0.1:8080

  # Around a test: start it, wait for the first line, look at the exit status
  glagents proxy --upstream "$GITLAB_URL" --report junit=proxy.xml > proxy.out &
  until grep -q '^listening on ' proxy.out; do sleep 0.1; done
  GITLAB_URL=$(sed -n '1s/^listening on //p' proxy.out) ./test
  kill -INT $!; wait $!

  # Record now, judge later
  glagents proxy --upstream https://gitlab.example.com --record traffic.har
  glagents verify traffic.har`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return r.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&r.upstream, "upstream", "", "the `URL` of the GitLab, with its relative root")
	flags.StringVar(&r.addr, "addr", "127.0.0.1:0", "the `ADDRESS` to listen on; port 0 is a free one")
	flags.StringVar(&r.caFile, "ca-file", "", "a `FILE` with certificates (PEM) to trust beside the system's")
	flags.StringVar(&r.record, "record", "", "write the exchanges to a HAR `FILE`, without secrets")
	flags.BoolVar(&r.enforce, "enforce", false, "replace a response that violates a MUST by 502")
	flags.DurationVar(&r.timeout, "timeout", 0, "answer 504 if the GitLab does not begin to answer within this `TIME`; 0 waits as long as it takes")
	r.reports.flag(cmd)
	ruleFlags(cmd, &r.only, &r.skip)
	flags.StringVar(&r.release, "gitlab-version", "", "the `VERSION` of the GitLab, such as 16.2, instead of what the traffic tells")
	flags.StringVar(&r.edition, "edition", "", "the `EDITION` of the GitLab, ce or ee, instead of what the traffic tells")
	complete(cmd, "edition", "ce", "ee")
	flags.BoolVar(&r.strict, "strict", false, "a violated SHOULD counts like a violated MUST")
	flags.BoolVarP(&r.quiet, "quiet", "q", false, "print no findings as they come, and only the verdict")
	flags.BoolVar(&r.noColor, "no-color", false, "print without colors, like NO_COLOR in the environment")
	return cmd
}

func (r *proxyRun) run(ctx context.Context) error {
	r.stderr = r.redactor.Writer(r.stderr) // also puts lines that are written at the same time one after the other
	options, err := r.options()
	if err != nil {
		return err
	}
	if err := r.reports.check(); err != nil {
		return err
	}
	listener, err := r.listen(r.addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	if r.record != "" {
		if options.Record, err = har.Create(r.record, r.redactor, version()); err != nil {
			return usageError{"--record: " + err.Error()}
		}
		defer func() { _ = options.Record.Close() }() // closed with the proxy, unless it never starts
	}
	human := io.Writer(r.stdout)
	if r.reports.toStdout() {
		human = r.stderr
	}
	r.color = r.colored(human, r.noColor)
	human = r.redactor.Writer(human) // which also puts findings and summaries one after the other
	if !r.quiet {
		options.Found = r.newFindings(human).print
	}
	p, err := proxy.New(options)
	if err != nil {
		return usageError{"--upstream: " + err.Error()}
	}
	r.greet(listener, p)
	served := r.serve(ctx, listener, p, human)
	closed := p.Close()
	exit, failed := r.show(p, human)
	if err := errors.Join(served, closed); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	return exitError{exit}
}

// options are how to pass on and how to judge.
func (r *proxyRun) options() (o proxy.Options, err error) {
	if r.upstream == "" {
		return o, usageError{"--upstream is missing: the URL of the GitLab"}
	}
	if o.Upstream, err = url.Parse(r.upstream); err != nil || o.Upstream.RawQuery != "" || o.Upstream.Fragment != "" {
		return o, usageError{"--upstream is not a URL such as https://gitlab.example.com"}
	}
	o.Upstream.Path = strings.TrimSuffix(strings.TrimSuffix(o.Upstream.Path, "/"), "/api/v4")
	roots, err := trusted(r.caFile)
	if err != nil {
		return o, err
	}
	if r.timeout < 0 {
		return o, usageError{fmt.Sprintf("--timeout: a GitLab cannot answer in %v", r.timeout)}
	}
	o.Transport = advising{proxy.NewTransport(roots, r.timeout), r.caFile}
	o.Enforce = r.enforce
	o.Log = log.New(r.redactor.LogWriter(r.stderr, "glagents: "), "", 0)
	judge := verify{program: r.program, only: r.only, skip: r.skip, release: r.release, edition: r.edition}
	o.Judge, err = judge.options()
	return o, err
}

// greet says where clients find the proxy.
func (r *proxyRun) greet(listener net.Listener, p *proxy.Proxy) {
	address := listener.Addr().(*net.TCPAddr)
	if !address.IP.IsLoopback() {
		r.complain(fmt.Sprintf("warning: %s can be reached from other machines, without encryption; tokens can be read on the way", address))
	}
	fmt.Fprintf(r.stdout, "listening on http://%s%s\n", clientAddress(address), p.Upstream.EscapedPath())
	if !r.quiet {
		r.complain(fmt.Sprintf("requests go to %s; Ctrl-C ends the proxy", p.Upstream.Redacted()))
	}
}

// proxyDrainTime is how long requests that are under way may take after the command was told to stop.
const proxyDrainTime = 10 * time.Second

// serve runs the proxy until the context is done. On SIGHUP it reports on what was judged so far.
func (r *proxyRun) serve(ctx context.Context, listener net.Listener, p *proxy.Proxy, human io.Writer) error {
	hangup := r.hangup
	if hangup == nil {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGHUP)
		defer signal.Stop(signals)
		hangup = signals
	}
	server := p.Server()
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	for {
		select {
		case err := <-served:
			return err
		case <-hangup:
			if _, err := r.show(p, human); err != nil {
				r.complain(err.Error())
			}
		case <-ctx.Done():
			r.drain(server, proxyDrainTime)
			if err := <-served; !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		}
	}
}

// show writes the reports and what a person reads.
func (r *proxyRun) show(p *proxy.Proxy, human io.Writer) (contract.Exit, error) {
	content := &report.Report{Result: p.Result(), Strict: r.strict, Redactor: r.redactor}
	if dropped := p.Dropped(); dropped > 0 {
		content.Partial = words.Count(dropped, "exchange") + " not judged, because judging fell behind"
	}
	failed := r.reports.write(r.stdout, content)
	terminal := report.Terminal{Color: r.color, Quiet: r.quiet, Width: width(r.stdout)}
	if err := terminal.Write(human, content); err != nil {
		return 0, err
	}
	return content.Exit(), failed
}
