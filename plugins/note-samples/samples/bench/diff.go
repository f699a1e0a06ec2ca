// Package diff finds what changed between two texts, line by line.
package diff

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Kind of an edit.
type Kind int

const (
	Equal Kind = iota
	Insert
	Delete
)

// Edit is one line and what happened to it.
type Edit struct {
	Kind Kind
	Text string
	Old  int
	New  int
}

// Hunk is a run of edits with some context around.
type Hunk struct {
	OldStart, OldLines int
	NewStart, NewLines int
	Edits              []Edit
}

// ReadLines splits a stream at its line ends.
func ReadLines(r io.Reader) ([]string, error) {
	var lines []string
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	return lines, scanner.Err()
}

// Lines compares by the longest common subsequence. It needs memory for the product of both lengths.
func Lines(before, after []string) []Edit {
	table := lcsTable(before, after)
	var edits []Edit
	i, j := 0, 0
	for i < len(before) || j < len(after) {
		switch {
		case i < len(before) && j < len(after) && before[i] == after[j]:
			edits = append(edits, Edit{Equal, before[i], i, j})
			i++
			j++
		case j == len(after) || (i < len(before) && table[i+1][j] >= table[i][j+1]):
			edits = append(edits, Edit{Delete, before[i], i, j})
			i++
		default:
			edits = append(edits, Edit{Insert, after[j], i, j})
			j++
		}
	}
	return edits
}

func lcsTable(before, after []string) [][]int {
	table := make([][]int, len(before)+1)
	for i := range table {
		table[i] = make([]int, len(after)+1)
	}
	for i := len(before) - 1; i >= 0; i-- {
		for j := len(after) - 1; j >= 0; j-- {
			if before[i] == after[j] {
				table[i][j] = table[i+1][j+1] + 1
			} else {
				table[i][j] = max(table[i+1][j], table[i][j+1])
			}
		}
	}
	return table
}

// Group makes hunks, each with at most so many unchanged lines around.
func Group(edits []Edit, context int) []Hunk {
	var hunks []Hunk
	last := -1
	for index, edit := range edits {
		if edit.Kind == Equal {
			continue
		}
		from := max(index-context, last+1)
		to := min(index+context, len(edits)-1)
		if len(hunks) > 0 && from <= last+1 {
			hunk := &hunks[len(hunks)-1]
			hunk.Edits = append(hunk.Edits, edits[last+1:to+1]...)
		} else {
			hunks = append(hunks, Hunk{OldStart: edits[from].Old, NewStart: edits[from].New, Edits: edits[from : to+1 : to+1]})
		}
		last = to
	}
	for index := range hunks {
		hunks[index].count()
	}
	return hunks
}

func (h *Hunk) count() {
	for _, edit := range h.Edits {
		if edit.Kind != Insert {
			h.OldLines++
		}
		if edit.Kind != Delete {
			h.NewLines++
		}
	}
}

// Format writes a hunk as patch programs read it.
func (h Hunk) Format() string {
	var text strings.Builder
	fmt.Fprintf(&text, "@@ -%d,%d +%d,%d @@\n", h.OldStart+1, h.OldLines, h.NewStart+1, h.NewLines)
	signs := map[Kind]string{Equal: " ", Insert: "+", Delete: "-"}
	for _, edit := range h.Edits {
		text.WriteString(signs[edit.Kind] + edit.Text + "\n")
	}
	return text.String()
}
