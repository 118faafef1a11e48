package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Journal is a folder in which each run keeps a file of what it is about to make, until it is removed again. When a
// run is killed its file stays, and a sweep finishes its work.
type Journal struct{ dir string }

// OpenJournal uses a folder, which is made if it is not there.
func OpenJournal(dir string) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the journal cannot be kept: %w", err)
	}
	return &Journal{dir}, nil
}

// Entry is what one run made, as far as is known.
type Entry struct {
	Run     string    `json:"run"`     // the id in the names of all that it made
	URL     string    `json:"url"`     // the GitLab: scheme, host and relative root
	Project []string  `json:"project"` // the projects in which it made agents: ids or full paths
	Started time.Time `json:"started"`

	path string
	file *os.File // held open, and locked, while the run goes on
}

// begin writes the file of a run, before it makes anything.
func (j *Journal) begin(e *Entry) error {
	e.path = filepath.Join(j.dir, e.Run+".json")
	data, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return err
	}
	temporary := e.path + ".new"
	e.file, err = os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("the journal cannot be kept: %w", err)
	}
	lock(e.file)
	_, err = e.file.Write(append(data, '\n'))
	err = errors.Join(err, e.file.Sync())
	if err == nil {
		err = os.Rename(temporary, e.path)
	}
	if err != nil {
		e.file.Close()
		os.Remove(temporary)
		return fmt.Errorf("the journal cannot be kept: %w", err)
	}
	return nil
}

// leave lets go of the file of a run, so that a sweep may have it.
func (e *Entry) leave() {
	if e.file != nil {
		unlock(e.file)
		e.file.Close()
	}
}

// Running says whether the run still goes on.
func (e *Entry) Running() bool {
	f, err := os.Open(e.path)
	if err != nil {
		return false
	}
	defer f.Close()
	if !lock(f) {
		return true
	}
	unlock(f)
	return false
}

// end removes the file of a run that left nothing behind.
func (e *Entry) end() error {
	if err := os.Remove(e.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Entries are the runs that left something behind, or are still going on. Files that are no entries come back as
// errors, one each, and are left alone.
func (j *Journal) Entries() (entries []*Entry, unreadable []error) {
	files, err := os.ReadDir(j.dir)
	if err != nil {
		return nil, []error{err}
	}
	for _, f := range files {
		if f.IsDir() || !strings.HasSuffix(f.Name(), ".json") {
			continue
		}
		path := filepath.Join(j.dir, f.Name())
		data, err := os.ReadFile(path)
		var e Entry
		if err == nil {
			err = json.Unmarshal(data, &e)
		}
		switch {
		case err != nil:
			unreadable = append(unreadable, fmt.Errorf("%s: %w", path, err))
		case !validRunID(e.Run) || e.URL == "" || len(e.Project) == 0:
			unreadable = append(unreadable, fmt.Errorf("%s: no entry of a journal", path))
		default:
			e.path = path
			entries = append(entries, &e)
		}
	}
	return entries, unreadable
}

// validRunID says whether a text can be the id of a run. A sweep deletes what has the id in its name, so no other text may
// pass.
func validRunID(id string) bool {
	return len(id) == runIDLength && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz234567") == ""
}
