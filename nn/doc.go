// Package nn builds neural networks from the operations of package autograd: layers, the
// GPT-2 and Llama families of transformers, loading and saving them as Hugging Face model
// directories, adapting them with few parameters (LoRA), and generating text with them.
//
// A layer is a struct of parameters with a Forward method that takes the tape to compute on:
//
//	y := linear.Forward(t, x)
//
// Parameters carry the names that Hugging Face checkpoints use, so that a model's weights
// file is simply its parameters. Shapes in comments: B batch, T time, C channels, H heads,
// D = C/H head size, F hidden, V vocabulary, L layers.
package nn
