package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// answer is what goes back over the wire.
type answer struct {
	http       int    // HTTP status; 0 when nothing is sent
	statusCode int    // business status, the record's statusCode
	kind       string // content type; "" is JSON
	retryAfter int    // seconds; sent when above 0
	body       []byte
	cut        bool // the connection is closed without an answer
	truncated  bool // half of the body, then the connection is closed
}

// envelopeV3 is contract 3.1. A failure has no data.
type envelopeV3 struct {
	StatusCode int    `json:"statusCode"`
	Message    string `json:"message"`
	APICode    int    `json:"apiCode,omitempty"`
	RequestID  string `json:"requestId,omitempty"`
	Data       any    `json:"data,omitempty"`
}

// envelopeV2 is contract 3.5, the older form for failures.
type envelopeV2 struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    any    `json:"data"`
}

// failureV2 is contract 3.5, the newer form, of failures that have a code of
// their own. The code is a text.
type failureV2 struct {
	UniqueID   string `json:"uniqueId"`
	StatusCode int    `json:"statusCode"`
	Message    string `json:"message"`
	APICode    string `json:"apiCode"`
	Data       any    `json:"data"`
}

// answerGraphQL is data, or errors whose message is an object as the V2 SDK
// reads it.
type answerGraphQL struct {
	Data   any            `json:"data"`
	Errors []graphQLError `json:"errors,omitempty"`
}

type graphQLError struct {
	Message envelopeV2 `json:"message"`
}

func (c *call) succeed(data any) answer {
	if c.dialect.is("arrays", "string") && !c.verbatim {
		data = arraysAsText(data)
	}
	switch c.speech {
	case speaksV2:
		return jsonAnswer(200, 200, envelopeV2{Code: 200, Message: "ok", Data: data})
	case speaksGraphQL:
		return jsonAnswer(200, 200, answerGraphQL{Data: data})
	}
	return jsonAnswer(200, 200, envelopeV3{StatusCode: 200, Message: "ok", RequestID: c.requestID, Data: data})
}

func (c *call) fail(f *failure) answer {
	shown, status := f.seen(c.dialect)
	switch {
	case c.speech == speaksGraphQL:
		if f.http == 0 {
			status = 200 // GraphQL tells its errors in the body, whatever http-status says
		}
		said := envelopeV2{Code: shown.status, Message: shown.message}
		return jsonAnswer(status, shown.status, answerGraphQL{Errors: []graphQLError{{Message: said}}})
	case c.speech == speaksV2 && shown.v2Code != "":
		return jsonAnswer(status, shown.v2Status, failureV2{
			UniqueID: c.requestID, StatusCode: shown.v2Status, Message: shown.message, APICode: shown.v2Code,
		})
	case c.speech == speaksV2:
		return jsonAnswer(status, shown.status, envelopeV2{Code: shown.status, Message: shown.message})
	}
	return jsonAnswer(status, shown.status, envelopeV3{
		StatusCode: shown.status, Message: shown.message, APICode: shown.apiCode, RequestID: c.requestID,
	})
}

// throttled is contract 3.4: HTTP 429 whatever the dialect, and a body of two
// keys. Retry-After is sent only by a fault that names it (seconds >= 0).
func throttled(retryAfter int) answer {
	a := jsonAnswer(429, 429, envelopeV3{StatusCode: 429, Message: "too many requests, try again later"})
	a.retryAfter = retryAfter
	return a
}

// noRoute is what the vendor's framework says to a path it does not serve
// (INFERRED); it carries no business envelope beyond the status.
func noRoute(r *http.Request) answer {
	return jsonAnswer(404, 404, map[string]any{
		"statusCode": 404, "message": fmt.Sprintf("Cannot %s %s", r.Method, r.URL.Path), "error": "Not Found",
	})
}

func jsonAnswer(httpStatus, statusCode int, v any) answer {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil { // trees of JSON kinds only: cannot happen
		return answer{http: 500, statusCode: 500, body: []byte(`{"statusCode":500,"message":"the answer could not be encoded"}`)}
	}
	return answer{http: httpStatus, statusCode: statusCode, retryAfter: -1, body: bytes.TrimRight(buf.Bytes(), "\n")}
}

// send writes the answer, or breaks the line as a fault asked.
func (a answer) send(w http.ResponseWriter) {
	if a.cut {
		panic(http.ErrAbortHandler)
	}
	kind := a.kind
	if kind == "" {
		kind = "application/json; charset=utf-8"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	if a.retryAfter >= 0 && a.http == 429 {
		w.Header().Set("Retry-After", strconv.Itoa(a.retryAfter))
	}
	w.WriteHeader(a.http)
	if a.truncated {
		_, _ = w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush() // else the half may be lost with the connection
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(a.body) // a client that went away cannot be told
}

// arraysAsText renders every array inside an object as JSON text, the artefact
// of contract 3.7. The lists themselves (the top level, a page's "list", the
// applications of a connection's "state", a provider's "connections", which has a
// switch of its own) stay arrays.
func arraysAsText(data any) any {
	switch v := data.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			out[key] = memberAsText(key, value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = arraysAsText(v[i])
		}
		return out
	}
	return data
}

func memberAsText(key string, value any) any {
	list, ok := value.([]any)
	if !ok || key == "list" || key == "connections" || key == "state" {
		return arraysAsText(value)
	}
	text, err := json.Marshal(list)
	if err != nil {
		return value
	}
	return string(text)
}
