package remote

import (
	"encoding/json"
	"errors"
	"strconv"
)

// tree is a JSON object. Its values are tree, []any, string, bool, nil,
// json.Number and, once decoded by kind, model.Secret.
type tree = map[string]any

// envelope is an answer of either generation (contract 3.1, 3.5).
type envelope struct {
	// status is statusCode (V3) or code (V2); 0 when the answer names none.
	status    int
	apiCode   string
	requestID string
	message   string
	data      any
}

// What can be wrong with a body before its meaning is looked at.
var (
	errEmpty   = errors.New("the answer is empty")
	errHTML    = errors.New("the answer is a web page, not JSON")
	errCut     = errors.New("the answer was cut short")
	errGarbage = errors.New("the answer is not the JSON of this API")
)

// decodeEnvelope reads an answer's body. It never quotes the body in an error.
func decodeEnvelope(body []byte) (envelope, error) {
	var top tree
	if err := decodeJSON(body, &top); err != nil {
		return envelope{}, err
	}
	e := envelope{
		apiCode:   text(top["apiCode"]),
		requestID: text(top["requestId"]),
		message:   text(top["message"]),
		data:      top["data"],
	}
	if e.requestID == "" {
		e.requestID = text(top["uniqueId"])
	}
	for _, k := range []string{"statusCode", "code"} {
		if n, err := strconv.Atoi(text(top[k])); err == nil {
			e.status = n
			break
		}
	}
	return e, nil
}

// text reads a string or a number as text; anything else is "".
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// number reads a JSON number, or the text of one.
func number(v any) (int, bool) {
	n, err := strconv.ParseFloat(text(v), 64)
	if err != nil || n < 0 || n > 1<<40 {
		return 0, false
	}
	return int(n), true
}
