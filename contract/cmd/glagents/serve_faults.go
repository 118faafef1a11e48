package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
)

// faults are those that the command line names.
func (s *serve) faults() ([]faults.Fault, error) {
	var named []faults.Fault
	for _, name := range s.faultNames {
		fault, err := faults.Named(name)
		if err != nil {
			return nil, usageError{fmt.Sprintf("--fault: there is no fault %q: `glagents faults` lists them%s", name, didYouMean(name, faultNames()))}
		}
		named = append(named, fault)
	}
	return named, nil
}

// showFaults says what is broken, and what makes no difference to this GitLab.
func (s *serve) showFaults(gitlab *fakegitlab.Server, broken []faults.Fault) {
	release, err := fakegitlab.ParseRelease(gitlab.Version())
	for i := range broken {
		fmt.Fprintf(s.stdout, "  broken: %s: %s\n", broken[i].Name, broken[i].Explains)
		if err == nil && !broken[i].In(release, gitlab.Edition()) {
			s.complain(fmt.Sprintf("warning: the fault %s makes no difference to GitLab %s (%s)", broken[i].Name, gitlab.Version(), strings.ToUpper(gitlab.Edition())))
		}
	}
	if len(broken) > 0 {
		fmt.Fprintln(s.stdout)
	}
}

func faultNames() []string {
	var names []string
	for _, fault := range faults.All() {
		names = append(names, fault.Name)
	}
	return names
}

// completeFaults names the faults to a shell.
func completeFaults(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, fault := range faults.All() {
		names = append(names, fault.Name+"\t"+fault.Explains)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
