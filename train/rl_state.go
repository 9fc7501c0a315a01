package train

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"inkstone/tensor/safetensors"
)

const rlStateFile = "rl.json"

// rlState is what an iteration hands to the next beside weights.
type rlState struct {
	KLCoefficient float64 `json:"kl_coefficient"`
}

// Save writes what is needed to go on after the last iteration, bit for bit, to a directory.
func (r *RL) Save(dir string) error {
	if err := r.Weights.Save(dir); err != nil {
		return err
	}
	state, err := json.Marshal(rlState{r.beta})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, rlStateFile), append(state, '\n'), 0o666); err != nil {
		return err
	}
	if err := safetensors.Write(filepath.Join(dir, optimizerFile), r.optimizer.State(), nil); err != nil {
		return err
	}
	return r.backend.Err() // what was written is not what a lost device had
}

// Load takes up what Save wrote.
func (r *RL) Load(dir string) error {
	if err := r.Weights.Load(dir); err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(dir, rlStateFile))
	if err != nil {
		return err
	}
	var state rlState
	if err := json.Unmarshal(data, &state); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, rlStateFile), err)
	}
	if !(state.KLCoefficient >= 0) || math.IsInf(state.KLCoefficient, 1) {
		return fmt.Errorf("%s: KL coefficient %v", filepath.Join(dir, rlStateFile), state.KLCoefficient)
	}
	r.beta = state.KLCoefficient
	return r.optimizer.load(filepath.Join(dir, optimizerFile), r.backend)
}
