package main

import (
	"bytes"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

var update = flag.Bool("update", false, "draw the pictures anew")

const folder = "../../docs/pictures"

// TestPicturesAreFresh draws every picture again and compares.
func TestPicturesAreFresh(t *testing.T) {
	pictures, err := draw("../config")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := write("../config", folder); err != nil {
			t.Fatal(err)
		}
	}
	for name, svg := range pictures {
		kept, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || !bytes.Equal(kept, svg) {
			t.Errorf("docs/pictures/%s is stale: run make screenshots, and look at it", name)
		}
		check(t, name, svg)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".svg" && pictures[e.Name()] == nil {
			t.Errorf("nothing draws docs/pictures/%s any more", e.Name())
		}
	}
}

// check holds a picture to XML, and every text to the terminal's edge.
func check(t *testing.T, name string, svg []byte) {
	t.Helper()
	texts := 0
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		e, ok := token.(xml.StartElement)
		if !ok || e.Name.Local != "text" {
			continue
		}
		texts++
		var x, length float64
		for _, a := range e.Attr {
			switch a.Name.Local {
			case "x":
				x, _ = strconv.ParseFloat(a.Value, 64)
			case "textLength":
				length, _ = strconv.ParseFloat(a.Value, 64)
			}
		}
		if end := padding + columns*cellWidth; x+length > end+0.01 {
			t.Errorf("%s: a text ends at %g, beyond the terminal's edge at %g", name, x+length, end)
		}
	}
	if texts < 10 {
		t.Errorf("%s shows only %d texts", name, texts)
	}
}
