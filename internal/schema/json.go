package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// decodeObject reads one JSON object, numbers as they are written.
func decodeObject(data []byte) (object, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, badJSON(data, err)
	}
	end := d.InputOffset()
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("more text after the end of the JSON object, %s", lineAndColumn(data, end))
	}
	m, ok := v.(object)
	if !ok {
		return nil, fmt.Errorf("want a JSON object, got %s", jsonWord(v))
	}
	return m, nil
}

// badJSON says why data is no JSON. What encoding/json says is for programmers.
func badJSON(data []byte, err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("empty: want a JSON object")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("not valid JSON: the text ends in the middle of a value")
	case errors.As(err, &syntax):
		return fmt.Errorf("not valid JSON, %s", lineAndColumn(data, max(0, syntax.Offset-1)))
	}
	return errors.New("not valid JSON")
}

// lineAndColumn names an offset; columns count bytes.
func lineAndColumn(data []byte, offset int64) string {
	before := data[:min(int64(len(data)), offset)]
	line := bytes.Count(before, []byte("\n")) + 1
	return fmt.Sprintf("line %d, column %d", line, len(before)-bytes.LastIndexByte(before, '\n'))
}

// jsonWord is the type of a JSON value in a sentence.
func jsonWord(v any) string {
	return map[string]string{
		"null": "null", "boolean": "true or false", "string": "text",
		"object": "an object", "array": "a list", "number": "a number",
	}[typeOf(v)]
}
