package train

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Metrics writes metrics.jsonl: one JSON object a line, each with the number of its step.
// A line is handed to the system when it is written, so that a killed program loses none.
type Metrics struct {
	file *os.File
	path string
	buf  bytes.Buffer
	json *json.Encoder
}

// OpenMetrics opens a file to go on behind the first steps steps: lines of later steps, and
// a last line that was cut off when the program was killed, are removed, since the steps
// will be done again. With steps 0 the file starts afresh.
//
// A broken line elsewhere is an error that names it.
func OpenMetrics(path string, steps int) (*Metrics, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	keep, err := behindStep(f, path, steps)
	if err == nil {
		err = f.Truncate(keep)
	}
	if err == nil {
		_, err = f.Seek(keep, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("train: %w", err)
	}
	m := &Metrics{file: f, path: path}
	m.json = json.NewEncoder(&m.buf)
	m.json.SetEscapeHTML(false)
	return m, nil
}

// behindStep returns where in the file the lines of the first steps steps end. The steps
// count from 1.
func behindStep(r io.Reader, path string, steps int) (int64, error) {
	in, at := bufio.NewReader(r), int64(0)
	for line := 1; ; line++ {
		text, err := in.ReadBytes('\n')
		if err == io.EOF {
			return at, nil // nothing, or a line that was cut off
		}
		if err != nil {
			return 0, err
		}
		var object struct {
			Step *int `json:"step"`
		}
		if err := json.Unmarshal(text, &object); err != nil {
			return 0, fmt.Errorf("%s:%d: %w", path, line, err)
		}
		if object.Step == nil {
			return 0, fmt.Errorf("%s:%d: no \"step\" in the object", path, line)
		}
		if *object.Step > steps {
			return at, nil
		}
		at += int64(len(text))
	}
}

// Write adds an object, a struct or map that has a "step" in its JSON. Values that JSON
// lacks, NaN and infinities, are an error.
func (m *Metrics) Write(object any) error {
	m.buf.Reset()
	if err := m.json.Encode(object); err != nil {
		return fmt.Errorf("train: %s: %w", m.path, err)
	}
	if _, err := m.file.Write(m.buf.Bytes()); err != nil { // one call, so lines are whole
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

// Sync forces what was written to disk. Called before a checkpoint is saved, it makes sure
// that the steps before the checkpoint have their lines even if the power fails.
func (m *Metrics) Sync() error { return m.file.Sync() }

// Close closes the file.
func (m *Metrics) Close() error { return errors.Join(m.file.Sync(), m.file.Close()) }
