package nn

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkstone/nn/tokenizer"
	"inkstone/tensor"
)

// TestStories reads a real checkpoint, trained by others with llama2.c, through the
// converter and a model directory, and holds it against the text its authors published and
// against logits computed independently in float64.
func TestStories(t *testing.T) {
	dir := os.Getenv("INKSTONE_STORIES260K")
	if dir == "" {
		t.Skip("INKSTONE_STORIES260K does not name a folder with the stories260K checkpoint")
	}
	cpu := tensor.NewCPU(2)
	defer cpu.Close()
	converted, err := ReadLlama2C(filepath.Join(dir, "stories260K.bin"))
	if err != nil {
		t.Fatal(err)
	}
	pieces, err := tokenizer.ReadLlama2C(filepath.Join(dir, "tok512.bin"), converted.Config().Vocab)
	if err != nil {
		t.Fatal(err)
	}
	model := t.TempDir()
	if err := Save(converted, model); err != nil {
		t.Fatal(err)
	}
	if err := pieces.Save(model); err != nil {
		t.Fatal(err)
	}
	m, err := Load(model, tensor.Float32, cpu)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Load(model)
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		IDs    []int32        `json:"ids"`
		Logits []float64      `json:"logits_first_step"`
		Top    [][][2]float64 `json:"top5"`
	}
	data, err := os.ReadFile(filepath.Join(dir, "reference_numpy_fp64.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &reference); err != nil {
		t.Fatal(err)
	}
	g := NewGenerator(m, cpu)
	if err := g.Start(tok.Prefix()); err != nil {
		t.Fatal(err)
	}
	for v, got := range g.Logits() {
		if want := reference.Logits[v]; math.Abs(float64(got)-want) > 1e-4 {
			t.Errorf("logit %d is %v, want %v", v, got, want)
		}
	}
	for i, top := range reference.Top {
		if err := g.Start(reference.IDs[:i+1]); err != nil {
			t.Fatal(err)
		}
		logits := g.Logits()
		for _, x := range top {
			if got := float64(logits[int(x[0])]); math.Abs(got-x[1]) > 1e-4 {
				t.Errorf("after %d tokens logit %v is %v, want %v", i+1, x[0], got, x[1])
			}
		}
	}

	page, err := os.ReadFile(filepath.Join(dir, "stories260K.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "tok512.bin -t 0.0\n")
	published, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the published text is not where it was")
	}
	if err := g.Start(tok.Prefix()); err != nil {
		t.Fatal(err)
	}
	g.Generate(256, NewSampler(Sampling{}, tensor.Stream{}), func(id int32) bool { return id != tok.Prefix()[0] })
	text := strings.TrimPrefix(tok.Decode(g.Sequence()[1:]), " ")
	if got, want := strings.TrimSpace(text), strings.TrimSpace(published); got != want {
		t.Errorf("the model wrote\n%s\nwant\n%s", got, want)
	}
	if ids := tok.Encode("Once upon a time"); tok.Decode(ids) != "Once upon a time" || len(ids) > 8 {
		t.Errorf("ids %v of %q", ids, tok.Decode(ids))
	}
}
