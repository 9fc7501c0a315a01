package autograd

import (
	"bufio"
	"fmt"
	"io"
)

// WriteDOT writes the recorded operations as a graph in Graphviz's language: boxes are
// parameters, ellipses operations with the shapes of their results. Call it between the
// forward pass and Backward, which takes the operations off the tape.
func (t *Tape) WriteDOT(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, "digraph tape {\n\trankdir=TB; node [fontname=Helvetica fontsize=10];")
	ids := map[*Variable]int{}
	id := func(v *Variable) int {
		k, ok := ids[v]
		if ok {
			return k
		}
		k = len(ids)
		ids[v] = k
		label, shape := v.op, "ellipse"
		if v.op == "" {
			label, shape = v.Name, "box"
			if label == "" {
				label = "input"
			}
		}
		if v.scope != "" {
			label = v.scope + "\n" + label
		}
		fmt.Fprintf(b, "\tv%d [shape=%s label=%q];\n", k, shape, fmt.Sprintf("%s\n%v", label, v.Shape()))
		return k
	}
	for _, n := range t.nodes[:t.used] {
		out := id(n.out)
		for _, x := range n.in {
			fmt.Fprintf(b, "\tv%d -> v%d;\n", id(x), out)
		}
	}
	fmt.Fprintln(b, "}")
	return b.Flush()
}
