package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// A ui talks to whoever runs the command: events for programs, text and progress for people.
type ui struct {
	events io.Writer // stdout, or nil without --json
	people io.Writer // stdout, or stderr with --json
	bar    *progressbar.ProgressBar
	last   time.Time // of the last plain progress line
}

func newUI(jsonLines bool) *ui {
	if jsonLines {
		return &ui{events: os.Stdout, people: os.Stderr}
	}
	return &ui{people: os.Stdout}
}

// event prints a JSON object with "event": name and the given fields, if asked to.
func (u *ui) event(name string, fields any) {
	if u.events == nil {
		return
	}
	line, err := json.Marshal(fields)
	if err != nil {
		panic(fmt.Sprintf("inkstone: event %s: %v", name, err))
	}
	head := fmt.Sprintf(`{"event":%q`, name)
	if len(line) > len("{}") {
		head += ","
	}
	fmt.Fprintf(u.events, "%s%s\n", head, line[1:])
}

// say prints a line for people.
func (u *ui) say(format string, args ...any) {
	u.clear()
	fmt.Fprintf(u.people, format+"\n", args...)
}

// progress shows how far long work has come: a bar on a terminal, otherwise a line now and
// then on stderr.
func (u *ui) progress(done, total int, text string) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		if now := time.Now(); done == total || now.Sub(u.last) > 5*time.Second {
			u.last = now
			fmt.Fprintf(os.Stderr, "%d/%d %s\n", done, total, text)
		}
		return
	}
	if u.bar == nil || u.bar.GetMax() != total {
		u.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(os.Stderr),
			progressbar.OptionShowCount(),
			progressbar.OptionSetWidth(24),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
		)
	}
	u.bar.Describe(text)
	_ = u.bar.Set(done) // it can only fail to draw
	if done == total {
		u.clear()
	}
}

// clear takes the progress bar off the screen.
func (u *ui) clear() {
	if u.bar != nil {
		_ = u.bar.Clear()
		u.bar = nil
	}
}

// interrupted reports a run that was stopped before its end and can be resumed.
func (u *ui) interrupted(unit string, done, total int, out string) {
	u.say("Saved after %s %d of %d in %s; the same command with --resume goes on.", unit, done, total, out)
	u.event("result", struct {
		Interrupted bool   `json:"interrupted"`
		Step        int    `json:"step"`
		Out         string `json:"out"`
	}{true, done, out})
}

func (u *ui) close() { u.clear() }
