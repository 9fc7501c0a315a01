// Command inkstone makes language models: it trains, evaluates, runs and measures them,
// from one static binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"inkstone/gpu/dl"
	"inkstone/kernels"
	"inkstone/nn"
)

// cli is the command line: a field for each verb, and the flags all verbs share.
type cli struct {
	Demo      demoCmd      `cmd:"" help:"Watch a small model learn Tang poems by heart: the whole journey in minutes."`
	Pretrain  pretrainCmd  `cmd:"" help:"Train a base model on text."`
	SFT       sftCmd       `cmd:"" name:"sft" help:"Fine-tune a model on your own conversations or text."`
	Reward    rewardCmd    `cmd:"" help:"Train a reward model on ranked answers."`
	DPO       dpoCmd       `cmd:"" name:"dpo" help:"Make a model prefer what people preferred, straight from pairs."`
	PPO       ppoCmd       `cmd:"" name:"ppo" help:"Improve a model by a reward model's word (reinforcement learning)."`
	GRPO      grpoCmd      `cmd:"" name:"grpo" help:"Improve a model by comparing its answers with one another."`
	Generate  generateCmd  `cmd:"" help:"Continue a text with a trained model."`
	Tokenizer tokenizerCmd `cmd:"" help:"Build and inspect tokenizers."`
	Convert   convertCmd   `cmd:"" help:"Turn other tools' model files into a model directory."`
	Merge     mergeCmd     `cmd:"" help:"Fold a LoRA adapter into the model it was trained on."`
	Plan      planCmd      `cmd:"" help:"Say what training a model needs, before it runs."`
	Bench     benchCmd     `cmd:"" help:"Measure this machine and Inkstone on it."`
	Devices   devicesCmd   `cmd:"" help:"List what this machine can compute on, and what was chosen."`

	globals
}

// globals are the flags that every verb takes.
type globals struct {
	JSON      bool             `name:"json" help:"Print one JSON object a line on stdout; what is for people goes to stderr."`
	Threads   int              `help:"Threads to compute on; 0 means one for each CPU." placeholder:"N"`
	Device    string           `help:"Where to compute: cpu; vulkan (or another interface that inkstone devices lists), or the CPU where that has no device; or one of several devices, as in vulkan:1 (pretrain takes a list of them). auto is what INKSTONE_DEVICE says, else cpu." default:"auto" placeholder:"DEVICE"`
	Precision string           `help:"How exactly matrices are multiplied: f32, or bf16, which rounds to bfloat16 first and takes half the time where the processor can. Sums, weights and all else stay f32. auto is bf16 for the demo where the processor can, else f32." default:"auto" enum:"auto,f32,bf16"`
	Seed      uint64           `help:"Seed of everything random: the same seed gives the same results." default:"1"`
	Version   kong.VersionFlag `help:"Print the version and exit."`
}

const description = `Inkstone makes language models, from the first character to the finished poet, in one static binary.

Begin with:

  inkstone demo                                  a small model learns Tang poems
  inkstone pretrain --data book.txt --out run    train on your own text
  inkstone generate --model run/model "Once"     let it write
  inkstone plan --size gpt3                      what would GPT-3 need?`

func main() {
	dl.MaybeProbe() // this may be a child that only tries what a driver does
	os.Exit(run(os.Args[1:]))
}

// run runs the command line and returns the exit status: 0 done, 1 failed, 2 wrong usage.
func run(args []string) int {
	if err := kernels.InitError(); err != nil {
		fmt.Fprintln(os.Stderr, "inkstone:", err)
		return 2
	}
	var c cli
	parser, err := newParser(&c)
	if err != nil {
		panic(err) // a mistake in the struct tags above
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "inkstone:", err)
		var parse *kong.ParseError
		if errors.As(err, &parse) && parse.Context != nil && parse.Context.Selected() != nil {
			fmt.Fprintf(os.Stderr, "Run 'inkstone %s --help' for its flags and examples.\n", parse.Context.Selected().FullPath()[len("inkstone "):])
		}
		return 2
	}
	ctx, stop := interruptible()
	defer stop()
	u := newUI(c.JSON)
	k.BindTo(ctx, (*context.Context)(nil)) // as an argument of Run it would be bound to its own type alone
	err = k.Run(u, &c.globals)
	u.close()
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		fmt.Fprintln(os.Stderr, "inkstone:", err)
		return 2
	default:
		fmt.Fprintln(os.Stderr, "inkstone:", err)
		return 1
	}
}

func newParser(c *cli) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("inkstone"),
		kong.Description(description),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Vars{"version": version(), "sizes": sizeNames(), "all_linear": nn.AllLinear},
	)
}

// usageError is a mistake in how the command was called, found after parsing.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// interruptible returns a context that ends at the first Ctrl-C, so that work in progress
// can be saved. The second one stops the program at once.
func interruptible() (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		fmt.Fprintln(os.Stderr, "\nFinishing the step and saving; Ctrl-C again stops at once.")
		cancel()
		<-signals
		os.Exit(130)
	}()
	return ctx, cancel
}
